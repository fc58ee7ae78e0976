import type { BundleParts } from "#lambda-kit/bundle-parts.ts";

export const bundle = { natives: ["sharp"] } satisfies BundleParts;
