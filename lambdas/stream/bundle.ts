import type { BundleParts } from "#lambda-kit/bundle-parts.ts";
import { bundle as api } from "../api/bundle.ts";

/** The pages of the documentation are the api's. */
export const bundle = {
	...api,
	files: Object.fromEntries(Object.entries(api.files).filter(([path]) => !path.startsWith("docs/"))),
} satisfies BundleParts;
