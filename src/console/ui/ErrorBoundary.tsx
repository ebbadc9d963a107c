import { Component, type ReactNode } from "react";
import { Button } from "./Button.tsx";
import { Empty } from "./Notice.tsx";

type Props = { children: ReactNode };

/**
 * Replaces a page that failed to render, most likely because the hub was updated and the page's
 * files have changed. React requires a class for this.
 */
export class ErrorBoundary extends Component<Props, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <Empty title="This page could not be displayed.">
        <p>The hub may have been updated.</p>
        <Button onClick={() => location.reload()}>Reload</Button>
      </Empty>
    );
  }
}
