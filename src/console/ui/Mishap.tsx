import { Component, type ReactNode } from "react";
import { Button } from "./Button.tsx";
import { Empty } from "./Notice.tsx";

type Props = { children: ReactNode };

/**
 * Stands in for a page that cannot be shown: most likely the hub has been updated, and the files of the page are
 * others now. React asks for a class here.
 */
export class Mishap extends Component<Props, { hasFailed: boolean }> {
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
