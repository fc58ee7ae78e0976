// Runs the image processor's real adapters in a process: fetches one image after another from the bucket, derives it,
// and reports the outcome and the process's peak memory.
import { s3Objects } from "#aws/objects.ts";
import { PermanentFailure } from "#core/errors.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { connectStage } from "#lambda-kit/connect-stage.ts";
import { peakMegabytes, resetPeak } from "../support/peak-memory.ts";

export interface Derived {
	outcome: "derived" | { code: string; detail: string } | { thrown: string };
	width?: number;
	height?: number;
	colours?: string[];
	location?: { latitude: number; longitude: number } | null;
	thumbnail?: Uint8Array;
	vision?: Uint8Array;
	/** Peak memory during this image. Earlier images' garbage is collected before, since V8 would do so at random times. */
	peakMegabytes: number;
}

const collectGarbage = globalThis.gc;
if (!collectGarbage) throw new Error("Start this process with --expose-gc.");

const env = {
	DATABASE_HOST: "127.0.0.1",
	DATABASE_PORT: "1",
	DATABASE_NAME: "none",
	DATABASE_SECRET_ARN: "none",
	DATABASE_TLS: "verify-full",
	ENVIRONMENT: "test",
	EVENT_BUS_NAME: "none",
	QUEUE_URL: "https://127.0.0.1/none",
	QUEUE_CONCURRENCY: "2",
};
// Measured is memory: a decode may take as long as a machine that runs other tests needs.
const images = sharpImages(120);
const { ports } = connectStage(env, { objects: s3Objects("bucket"), images });
// The first query would load this.
await import("pg");

process.on("message", async (key: string) => {
	collectGarbage();
	resetPeak();
	const result: Partial<Derived> = {};
	try {
		const original = await ports.objects.get(key);
		if (!original) throw new Error(`There is no ${key}.`);
		Object.assign(result, await images.derive(original));
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
