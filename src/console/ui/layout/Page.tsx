import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect } from "react";
import { Link } from "wouter";
import "./Page.css";

type Props = {
  title: string;
  /** The list it belongs to. */
  back?: { to: string; label: string };
  /** Beside the title: its state. */
  aside?: ReactNode;
  /** Its buttons. */
  tools?: ReactNode;
  /** Takes the whole height, and scrolls within. */
  isFilled?: boolean;
  children: ReactNode;
};

/** A page: a title with its buttons, and what is below. */
export function Page({ title, back, aside, tools, isFilled, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Signalbox`;
  }, [title]);
  return (
    <div className={isFilled ? "page page-filled" : "page"}>
      <header className="page-head">
        <div className="page-titles">
          {back && (
            <Link to={back.to} className="page-back">
              <ArrowLeft size={12} /> {back.label}
            </Link>
          )}
          <div className="page-title">
            <h1 className="line">{title}</h1>
            {aside}
          </div>
        </div>
        {tools && <div className="page-tools">{tools}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page, with its heading. */
export function Section({
  title,
  tools,
  children,
}: {
  title: string;
  tools?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="section" aria-label={title}>
      <header className="section-head">
        <h2>{title}</h2>
        {tools}
      </header>
      {children}
    </section>
  );
}
