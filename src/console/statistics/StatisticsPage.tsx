import { Page } from "../ui/layout/Page.tsx";
import { Charts } from "./Charts.tsx";

const project = {};

/** The charts of the whole project. */
export function StatisticsPage() {
  return (
    <Page title="Statistics">
      <Charts subject={project} />
    </Page>
  );
}
