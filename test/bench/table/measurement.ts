import type { HubOptions } from "../hubProcess.ts";
import type { Bench } from "../part.ts";

/** A figure of a checkout; `least` or `most` is what it is to reach. */
export type Figure = {
  what: string;
  value: number;
  unit?: string;
  least?: number;
  most?: number;
};

/** Figures that are measured together, on a hub of their own. */
export type Measurement = {
  /** So often at full scale; medians are shown. */
  rounds: number;
  /** Takes next to no processor time, so several checkouts do not disturb each other. */
  isQuiet?: true;
  /** Gives the same figures in the same order each time. */
  measure(bench: Bench, checkout: HubOptions): Promise<Figure[]>;
};
