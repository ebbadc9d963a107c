import { HookChoice } from "../hook/HookChoice.tsx";
import { Field } from "../ui/Field.tsx";

const audiences = {
  all: "All hooks that match it",
  broadcast: "All that match, of every user",
  hook: "One hook alone, if it matches",
} as const;

/** Which hooks get an event. */
type Audience = { of: keyof typeof audiences; hookIds: string[] };

export const forAll: Audience = { of: "all", hookIds: [] };

/** The audience of an event that a schedule keeps. */
export function audienceOf({
  broadcast,
  hookId,
}: {
  broadcast?: boolean;
  hookId?: string;
}): Audience {
  if (hookId !== undefined) return { of: "hook", hookIds: [hookId] };
  return { of: broadcast ? "broadcast" : "all", hookIds: [] };
}

/** Whether an event can be emitted to it: the one hook is chosen. */
export const isWhole = ({ of, hookIds }: Audience): boolean => of !== "hook" || hookIds.length > 0;

/** Its fields of an event's input. */
export const inputOf = ({ of, hookIds: [hookId] }: Audience) => ({
  ...(of === "broadcast" && { broadcast: true }),
  ...(of === "hook" && hookId !== undefined && { hookId }),
});

type Props = { audience: Audience; onChange: (audience: Audience) => void };

/** Selects to which hooks an event is sent. */
export function AudienceFields({ audience, onChange }: Props) {
  const choose = (of: string) => onChange({ ...audience, of: of as Audience["of"] });
  return (
    <>
      <Field label="To">
        <select value={audience.of} onChange={({ target }) => choose(target.value)}>
          {Object.entries(audiences).map(([of, label]) => (
            <option key={of} value={of}>
              {label}
            </option>
          ))}
        </select>
      </Field>
      {audience.of === "hook" && (
        <HookChoice
          hookIds={audience.hookIds}
          isOne
          onChange={(hookIds) => onChange({ ...audience, hookIds })}
        />
      )}
    </>
  );
}
