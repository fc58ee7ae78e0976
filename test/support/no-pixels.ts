import type { VisionRequest } from "#core/ports/index.ts";

/** Fails, since the models of providers need no pixels: only for those an original is read and decoded. */
export const noPixels: VisionRequest["pixels"] = () => Promise.reject(new Error("Nobody needs these pixels."));
