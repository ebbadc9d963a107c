import type { Patch } from "./kit/patch.ts";

const FUNCTIONS = "drizzle/0001_functions.sql";

/** The mutants of order per key. */
export const orderMutants: { name: string; row: "T40"; patches: Patch[] }[] = [
  {
    row: "T40",
    name: "deliveries of a key do not wait for each other",
    patches: [
      {
        file: "drizzle/0000_tables.sql",
        find: 'CREATE UNIQUE INDEX "queue_turn"',
        replace: 'CREATE INDEX "queue_turn"',
      },
      {
        file: FUNCTIONS,
        find: 'b.hook_id = d."hookId" AND b.key = d.key) THEN p_now END,',
        replace: 'b.hook_id = d."hookId" AND b.key = d.key) OR true THEN p_now END,',
      },
    ],
  },
  {
    row: "T40",
    name: "the next of a key is looked for before the head is locked",
    patches: [
      {
        file: FUNCTIONS,
        find: `  UPDATE signalbox.heads SET head = head + v_positions WHERE project_id = p_project RETURNING head INTO STRICT v_head;
  v_failing := signalbox.count_outcomes(p_project, v_moved, v_now);`,
        replace: `  IF p_is_ordered THEN
    PERFORM signalbox.leave_order(p_project, v_moved);
    PERFORM pg_sleep(0.01);
    p_is_ordered := false;
  END IF;
  UPDATE signalbox.heads SET head = head + v_positions WHERE project_id = p_project RETURNING head INTO STRICT v_head;
  v_failing := signalbox.count_outcomes(p_project, v_moved, v_now);`,
      },
    ],
  },
];
