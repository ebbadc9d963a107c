import type { Row } from "./row.ts";
import { suiteRows } from "./rows/suite.ts";
import { t01 } from "./rows/t01.ts";
import { t02 } from "./rows/t02.ts";
import { t03 } from "./rows/t03.ts";
import { t04 } from "./rows/t04.ts";
import { t05 } from "./rows/t05.ts";
import { t06 } from "./rows/t06.ts";
import { t07 } from "./rows/t07.ts";
import { t08 } from "./rows/t08.ts";
import { t09 } from "./rows/t09.ts";
import { t10 } from "./rows/t10.ts";
import { t11 } from "./rows/t11.ts";
import { t12 } from "./rows/t12.ts";
import { t13 } from "./rows/t13.ts";
import { t15 } from "./rows/t15.ts";
import { t20 } from "./rows/t20.ts";
import { t21 } from "./rows/t21.ts";
import { t26 } from "./rows/t26.ts";
import { t27 } from "./rows/t27.ts";
import { t28 } from "./rows/t28.ts";
import { t29 } from "./rows/t29.ts";
import { t32 } from "./rows/t32.ts";
import { t33 } from "./rows/t33.ts";
import { t34 } from "./rows/t34.ts";
import { t36 } from "./rows/t36.ts";
import { t40 } from "./rows/t40.ts";
import { t45 } from "./rows/t45.ts";
import { t46 } from "./rows/t46.ts";
import { t52 } from "./rows/t52.ts";

const own: Row[] = [
  t01,
  t02,
  t03,
  t04,
  t05,
  t06,
  t07,
  t08,
  t09,
  t10,
  t11,
  t12,
  t13,
  t15,
  t20,
  t21,
  t26,
  t27,
  t28,
  t29,
  t32,
  t33,
  t34,
  t36,
  t40,
  t45,
  t46,
  t52,
];
const numberOf = ({ id }: Row) => Number(id.slice(1));

/** The torture table, in its order. */
export const rows: Row[] = [...own, ...suiteRows].sort((a, b) => numberOf(a) - numberOf(b));
