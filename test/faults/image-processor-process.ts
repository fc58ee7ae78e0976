import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { stages } from "#core/pipeline/stages.ts";
import { allocator } from "#lambdas/image-processor/allocator.ts";
import type { Derived } from "./derive-process.ts";

/** The function's memory, above which Lambda kills it. */
export const memoryMegabytes = stages.process.memory;

export interface ImageProcessorProcess {
	/** @throws if the image kills the process */
	derive(bytes: Uint8Array): Promise<Derived>;
	stop(): Promise<void>;
}

/** Starts `derive-process.ts` with the function's heap and allocator, and a bucket. */
export async function startImageProcessor(): Promise<ImageProcessorProcess> {
	let original: Uint8Array = new Uint8Array();
	const bucket = createServer((_, response) => {
		response.writeHead(200, { "content-length": original.length });
		response.end(original);
	});
	bucket.listen(0, "127.0.0.1");
	await once(bucket, "listening");
	const { port } = bucket.address() as AddressInfo;
	const child = fork(join(import.meta.dirname, "derive-process.ts"), {
		serialization: "advanced",
		execArgv: ["--expose-gc", `--max-old-space-size=${memoryMegabytes}`],
		env: {
			...allocator,
			AWS_REGION: "us-east-1",
			AWS_ACCESS_KEY_ID: "none",
			AWS_SECRET_ACCESS_KEY: "none",
			AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
		},
	});
	await message(child);
	return {
		async derive(bytes) {
			original = bytes;
			child.send("originals/user/item.any");
			return message(child) as Promise<Derived>;
		},
		async stop() {
			child.disconnect();
			await once(child, "exit");
			bucket.close();
			bucket.closeAllConnections();
		},
	};
}

async function message(child: ChildProcess): Promise<unknown> {
	return new Promise((resolve, reject) => {
		const died = (code: number | null, signal: string | null) =>
			reject(new Error(`The process ended: ${signal ?? code}.`));
		child.once("exit", died);
		child.once("message", (answer) => {
			child.off("exit", died);
			resolve(answer);
		});
	});
}
