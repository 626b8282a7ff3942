import { addressQuirks } from './address-quirks.ts';
import { authQuirks } from './auth-quirks.ts';
import { blobQuirks } from './blob-quirks.ts';
import { errorQuirks } from './error-quirks.ts';
import { headerQuirks } from './header-quirks.ts';
import { hostileQuirks } from './hostile-quirks.ts';
import { listingQuirks } from './listing-quirks.ts';
import { manifestQuirks } from './manifest-quirks.ts';
import type { QuirkRule } from './quirk.ts';
import { referrerQuirks } from './referrer-quirks.ts';
import { statusQuirks } from './status-quirks.ts';
import { uploadQuirks } from './upload-quirks.ts';

/** Every quirk, in the order in which an answer passes them on its way out, last to first. */
export const allQuirks: readonly QuirkRule[] = [
  ...hostileQuirks,
  ...errorQuirks,
  ...authQuirks,
  ...addressQuirks,
  ...headerQuirks,
  ...statusQuirks,
  ...uploadQuirks,
  ...blobQuirks,
  ...manifestQuirks,
  ...listingQuirks,
  ...referrerQuirks,
];
