import type { BundleParts } from "#lambda-kit/bundle-parts.ts";

export const bundle = { files: { migrations: "migrations" } } satisfies BundleParts;
