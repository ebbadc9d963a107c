import { ArrowLeft } from "lucide-react";
import type { ReactNode } from "react";
import { useEffect } from "react";
import { Link } from "wouter";
import "./Page.css";

type Props = {
  title: string;
  /** The list that the page belongs to. */
  back?: { to: string; label: string };
  /** Beside the title, such as a status. */
  aside?: ReactNode;
  /** The page's buttons. */
  tools?: ReactNode;
  /** Fills the height and scrolls inside. */
  isFilled?: boolean;
  children: ReactNode;
};

/** A page: title, buttons and content. */
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
            <h1 tabIndex={-1}>{title}</h1>
            {aside}
          </div>
        </div>
        {tools && <div className="page-tools">{tools}</div>}
      </header>
      {children}
    </div>
  );
}

/** A section of a page with a heading. */
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
        <h2 tabIndex={-1}>{title}</h2>
        {tools}
      </header>
      {children}
    </section>
  );
}
