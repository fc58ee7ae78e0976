import { existsSync } from "node:fs";

/** Debian's; a browser is never downloaded. */
export const chromiumPath = process.env.CHROMIUM || "/usr/bin/chromium";

export const hasChromium = existsSync(chromiumPath);
