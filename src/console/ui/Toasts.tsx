import { Toast } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Link, Router } from "wouter";
import { base } from "../base.ts";
import { Button } from "./Button.tsx";
import "./Toasts.css";

/** Where a toast leads to. */
type ToastLink = { to: string; label: string };

const manager = Toast.createToastManager<{ link?: ToastLink | undefined }>();

/** Shows a short notice in a corner; longer if there is more to do than to read it. */
export function toast(text: string, look: "good" | "bad" = "good", link?: ToastLink): void {
  const timeout = look === "bad" || link ? 10_000 : 4_000;
  manager.add({ description: text, type: look, timeout, data: { link } });
}

function List() {
  const { toasts } = Toast.useToastManager<{ link?: ToastLink | undefined }>();
  return toasts.map((it) => (
    <Toast.Root key={it.id} toast={it} className={`toast toast-${it.type}`}>
      <Toast.Description className="toast-text" />
      {it.data?.link && (
        // Toasts stand around the page, and so outside of its router.
        <Router base={base}>
          <Link to={it.data.link.to} className="toast-link" onClick={() => manager.close(it.id)}>
            {it.data.link.label}
          </Link>
        </Router>
      )}
      <Toast.Close aria-label="Dismiss" render={<Button look="quiet" aria-label="Dismiss" />}>
        <X size={14} />
      </Toast.Close>
    </Toast.Root>
  ));
}

/** The container of toasts, around the whole page. */
export function Toasts({ children }: { children: ReactNode }) {
  return (
    <Toast.Provider toastManager={manager} limit={4}>
      {children}
      <Toast.Portal>
        <Toast.Viewport className="toasts">
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
