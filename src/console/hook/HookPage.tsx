import { lazy, Suspense } from "react";
import { LastAct } from "../audit/LastAct.tsx";
import { graphql } from "../gql/graphql.ts";
import { useLiveQuery } from "../live/useLiveQuery.ts";
import { CopyButton } from "../ui/copy/CopyButton.tsx";
import { counted } from "../ui/counted.ts";
import { JsonTree } from "../ui/json/JsonTree.tsx";
import { Badge } from "../ui/layout/Badge.tsx";
import { Facts } from "../ui/layout/Facts.tsx";
import { Page } from "../ui/layout/Page.tsx";
import { Empty, Failure, Loading } from "../ui/Notice.tsx";
import { Ago, milliseconds } from "../ui/time/Time.tsx";
import { HookConsent } from "./form/HookConsent.tsx";
import { formats, orderFailures, verifications } from "./form/hookDraft.ts";
import { HookDeliveries } from "./HookDeliveries.tsx";
import { HookTools } from "./HookTools.tsx";
import { BlockedKeys } from "./health/BlockedKeys.tsx";
import { Health } from "./health/Health.tsx";
import { HookDay } from "./health/HookDay.tsx";
import { HookHold } from "./health/HookHold.tsx";
import { stateOf } from "./health/trouble.ts";
import { HookRow } from "./hookRow.ts";

const HookDocument = graphql(
  `
  query Hook($id: ID!) {
    hook(id: $id) {
      ...HookRow
      healthSince heldUntil disableAfter { failures hours }
      description metadata channels filter userId retries timeoutMs retryScheduleMs headers unsubscribeOn finalStatuses
      maxInFlight rateLimitPerSecond allowedPerMinute verification signature publicKey updatedAt
      orderBy onOrderFailure template templateContentType selection changed
      auth { oauth2 { tokenUrl clientId scope } mtls { subject notAfter } ca { subject notAfter } }
    }
  }
`,
  [HookRow],
);

const list = (values: readonly (string | number)[]) =>
  values.length > 0 ? values.join(", ") : null;

const Charts = lazy(async () => ({
  default: (await import("../statistics/Charts.tsx")).Charts,
}));
const Certificate = ({ subject, notAfter }: { subject: string; notAfter: string }) => (
  <div>
    {subject}, until {notAfter.slice(0, 10)}
  </div>
);

/** One hook: its settings, health and deliveries. */
export function HookPage({ params: { id } }: { params: { id: string } }) {
  const { data, error, isLoading, refresh } = useLiveQuery(
    HookDocument,
    { id },
    (changed) =>
      changed.id === id || (changed.__typename === "Delivery" && changed.hook?.id === id),
  );
  const hook = data?.hook;
  if (isLoading) return <Loading />;
  if (error && !hook) return <Failure error={error} onRetry={refresh} />;
  if (!hook) return <Empty title="Hook not found." />;
  const headers = Object.keys(
    typeof hook.headers === "object" && hook.headers !== null ? hook.headers : {},
  );
  return (
    <Page
      title={hook.name ?? hook.url}
      back={{ to: "/hooks", label: "Hooks" }}
      aside={<Badge state={stateOf(hook)} />}
      tools={<HookTools hook={hook} />}
    >
      {hook.status === "PENDING_VERIFICATION" ? (
        <HookConsent hook={hook} />
      ) : (
        <HookHold hook={hook} />
      )}
      <LastAct id={id} />
      <HookDay hook={hook} />
      <Facts
        facts={[
          ["URL", <code key="url">{hook.url}</code>, "wide"],
          [
            "Types",
            hook.types.includes("*") ? "All" : <code key="types">{hook.types.join(", ")}</code>,
          ],
          ["Filter", hook.filter && <code>{hook.filter}</code>, "wide"],
          ["User", hook.userId],
          ["Channels", hook.channels && list(hook.channels)],
          ["Changed attributes", hook.changed && list(hook.changed)],
          ["Format", formats[hook.format]],
          [
            "Success rate (total)",
            <Health key="health" succeeded={hook.succeededCount} failed={hook.failedCount} />,
          ],
          ["Triggered", counted(hook.triggeredCount, "time")],
          ["Last triggered", hook.lastTriggeredAt && <Ago at={hook.lastTriggeredAt} />],
          ["Max attempts", `${hook.retries + 1}`],
          [
            "Retry schedule",
            hook.retryScheduleMs &&
              `after ${hook.retryScheduleMs.map(milliseconds).join(", then ")}`,
          ],
          ["Timeout", milliseconds(hook.timeoutMs)],
          ["Max in flight", counted(hook.maxInFlight, "request")],
          [
            "Max per second",
            hook.rateLimitPerSecond === null ? null : counted(hook.rateLimitPerSecond, "request"),
          ],
          ["Order by", hook.orderBy && <code>{hook.orderBy}</code>, "wide"],
          ["When one fails for good", hook.orderBy && orderFailures[hook.onOrderFailure]],
          ["Template", hook.template && <pre key="template">{hook.template}</pre>, "wide"],
          ["Content type of the template", hook.templateContentType],
          ["Selection", hook.selection && <pre key="selection">{hook.selection}</pre>, "wide"],
          [
            "Max per minute (set by target)",
            hook.allowedPerMinute === null ? null : counted(hook.allowedPerMinute, "request"),
          ],
          ["Verification", hook.verification === "NONE" ? null : verifications[hook.verification]],
          ["Signature", hook.signature === "ED25519" ? "Ed25519 (v1a)" : "HMAC-SHA256 (v1)"],
          [
            "Public key",
            hook.publicKey && (
              <>
                <code>{hook.publicKey}</code>
                <CopyButton text={hook.publicKey} label="Copy the public key" />
              </>
            ),
            "wide",
          ],
          ["OAuth2 client", hook.auth?.oauth2?.clientId],
          ["Token URL", hook.auth?.oauth2 && <code>{hook.auth.oauth2.tokenUrl}</code>, "wide"],
          ["Scope", hook.auth?.oauth2?.scope],
          ["Client certificate", hook.auth?.mtls && <Certificate {...hook.auth.mtls} />, "wide"],
          [
            "Trusted authorities",
            hook.auth?.ca?.map((one) => <Certificate key={one.subject + one.notAfter} {...one} />),
            "wide",
          ],
          ["Headers", list(headers)],
          ["Unsubscribe on status", list(hook.unsubscribeOn)],
          ["Not retried on status", list(hook.finalStatuses)],
          [
            "Disable after",
            hook.disableAfter &&
              `${hook.disableAfter.failures.toLocaleString()} failures in a row over ${hook.disableAfter.hours} h`,
          ],
          ["Updated", <Ago key="changed" at={hook.updatedAt} />],
          ["Description", hook.description, "wide"],
          [
            "Metadata",
            hook.metadata === null ? null : <JsonTree key="metadata" value={hook.metadata} />,
            "wide",
          ],
        ]}
      />
      <BlockedKeys hookId={id} />
      <HookDeliveries hookId={id} />
      <Suspense fallback={<Loading />}>
        <Charts subject={{ hookId: id }} />
      </Suspense>
    </Page>
  );
}
