// A process like the image processor's: its real adapters, and one image after another fetched from the
// bucket and derived. It tells how each ended and how much memory the process held at its highest meanwhile.
import { PermanentFailure } from "#core/errors.ts";
import { allocator } from "#lambdas/image-processor/allocator.ts";
import { connect } from "#lambdas/image-processor/connect.ts";
import { peakMegabytes, resetPeak } from "../support/peak-memory.ts";

export interface Derived {
	outcome: "derived" | { code: string; detail: string } | { thrown: string };
	width?: number;
	height?: number;
	colours?: string[];
	location?: { latitude: number; longitude: number } | null;
	thumbnail?: Uint8Array;
	vision?: Uint8Array;
	/** The most the process held meanwhile. What earlier images left as garbage is collected before: when V8 would is chance. */
	peakMegabytes: number;
}

const collectGarbage = globalThis.gc;
if (!collectGarbage) throw new Error("Start this process with --expose-gc.");

const { ports } = connect({
	...allocator,
	DATABASE_HOST: "127.0.0.1",
	DATABASE_PORT: "1",
	DATABASE_NAME: "none",
	DATABASE_SECRET_ARN: "none",
	DATABASE_TLS: "verify-full",
	ENVIRONMENT: "test",
	BUCKET_NAME: "bucket",
	EVENT_BUS_NAME: "none",
	QUEUE_URL: "https://127.0.0.1/none",
});
// What the first query loads.
await import("pg");

process.on("message", async (key: string) => {
	collectGarbage();
	resetPeak();
	const result: Partial<Derived> = {};
	try {
		const original = await ports.objects.get(key);
		if (!original) throw new Error(`There is no ${key}.`);
		Object.assign(result, await ports.images.derive(original));
		result.outcome = "derived";
	} catch (error) {
		result.outcome =
			error instanceof PermanentFailure
				? { code: error.error.code, detail: error.error.detail }
				: { thrown: String(error) };
	}
	process.send?.({ ...result, peakMegabytes: peakMegabytes() });
});
process.once("disconnect", () => process.exit());
process.send?.("ready");
