// make bench-pipeline: upload to `ready` through the local cloud, compared to the same work in one process.

import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import sharp from "sharp";
import { embedderFor } from "#ai/embedder.ts";
import { visionFor } from "#ai/vision.ts";
import { CollectionsClient } from "#client/index.ts";
import { derivedId } from "#core/ids.ts";
import { embeddingText, searchText } from "#core/items/analysis.ts";
import { picturePixels } from "#core/pipeline/picture-pixels.ts";
import type { StageName } from "#core/pipeline/stages.ts";
import type { Lease, Ports } from "#core/ports/index.ts";
import { readOutputsFile } from "#deployment/outputs.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import { sharpImages } from "#images/sharp-images.ts";
import { connectDatabase } from "#postgres/database.ts";
import { postgresPorts } from "#postgres/ports.ts";
import { busyLimits, invoke, operatorOf, synthesize } from "#tools/local/local-environment.ts";
import { drawSampleImages } from "#tools/samples/sample-images.ts";
import { describeInstantly, startCloudProcess } from "../system/cloud-process.ts";
import { Control } from "../system/control.ts";
import { demand, median, quantile, report } from "./report.ts";

const rounds = 12;
const screenshotBytes = 500_000;

const directory = await mkdtemp(path.join(tmpdir(), "collections-bench-"));
try {
	const offline = await measure("offline", false);
	const instant = await measure("instant", true);
	const ratios = instant.pipeline.map((ms, at) => ms / (instant.bare[at] ?? Number.NaN));
	const row = (what: string, values: number[], unit: string) => ({
		[unit]: what,
		q1: quantile(values, 0.25).toFixed(unit === "ms" ? 0 : 2),
		median: median(values).toFixed(unit === "ms" ? 0 : 2),
		q3: quantile(values, 0.75).toFixed(unit === "ms" ? 0 : 2),
	});
	report(
		"pipeline",
		[
			row("500 KB screenshot to ready, offline with OCR", offline.pipeline, "ms"),
			row("the same with a vision provider of 0 ms", instant.pipeline, "ms"),
			row("bare sharp and SQL in one process", instant.bare, "ms"),
		],
		[
			demand("500 KB screenshot to ready, offline, s", median(offline.pipeline) / 1000, 5),
			demand("providers at 0 ms / bare work, paired median", median(ratios), 5),
		],
	);
} finally {
	await rm(directory, { recursive: true, force: true });
}

/** Uploads one screenshot a round, alternating with the bare work for another in this process. */
async function measure(name: string, instantVision: boolean) {
	const options = {
		assembly: path.join(directory, name, "cdk.out"),
		stateDir: path.join(directory, name, "state"),
		outputsFile: path.join(directory, name, "outputs.json"),
	};
	await synthesize(options.assembly, { limits: busyLimits });
	if (instantVision) await describeInstantly(options.assembly);
	const cloud = await startCloudProcess(options);
	try {
		const outputs = await readOutputsFile(options.outputsFile, "start");
		const operator = await operatorOf(options.stateDir);
		await invoke(outputs, operator, outputs.MigrationFunctionName);
		const password = `${randomUUID()}-Aa1`;
		await ensureUser(outputs, operator, "bench@example.com", password);
		const client = new CollectionsClient({
			apiUrl: outputs.ApiUrl,
			session: await signIn(outputs, "bench@example.com", password),
		});
		const ports = await portsInThisProcess(new Control(outputs, operator));
		const pipeline: number[] = [];
		const bare: number[] = [];
		// The first round only warms up both sides.
		for (let round = 0; round <= rounds; round++) {
			const took = await uploadToReady(client, await screenshot());
			const direct = await bareWork(ports, await screenshot());
			if (round === 0) continue;
			pipeline.push(took);
			bare.push(direct);
		}
		return { pipeline, bare };
	} finally {
		await cloud.stop();
	}
}

async function uploadToReady(client: CollectionsClient, bytes: Uint8Array<ArrayBuffer>): Promise<number> {
	const started = performance.now();
	const { id } = await client.upload("screenshot.png", bytes);
	for (;;) {
		const { status } = await client.item(id);
		if (status === "ready") return performance.now() - started;
		if (status === "failed") throw new Error(`Item ${id} failed.`);
		// The gateway throttles faster polling.
		await sleep(25);
	}
}

async function portsInThisProcess(control: Control) {
	const { outputs } = control;
	const [host = "", port] = outputs.DatabaseEndpoint.split(":");
	const database = connectDatabase({
		host,
		port: Number(port),
		database: outputs.DatabaseName,
		tls: "off",
		credentials: () => control.databaseCredentials(),
	});
	return {
		...postgresPorts(database),
		images: sharpImages(),
		vision: visionFor({ provider: "instant" }),
		embedder: await embedderFor({ provider: "offline" }),
	};
}

type Bare = Pick<Ports, "items" | "stages" | "images" | "vision" | "embedder">;

/** Does the item's work without the cloud: decode, derive, describe, embed, and the same statements. */
async function bareWork(ports: Bare, bytes: Uint8Array): Promise<number> {
	const { items, stages, images, vision, embedder } = ports;
	const started = performance.now();
	const userId = "bare";
	const itemId = randomUUID();
	const ofItem = {
		version: 1 as const,
		correlation_id: itemId,
		item_id: itemId,
		user_id: userId,
	};
	const claim = async (stage: StageName): Promise<Lease> => {
		const claimed = await stages.claim(userId, itemId, stage, 60);
		if (claimed.outcome !== "claimed") throw new Error(claimed.outcome);
		return claimed.lease;
	};

	await items.create({
		id: itemId,
		userId,
		originalFilename: "screenshot.png",
		mimeType: "image/png",
		fileSize: bytes.length,
		sha256: null,
		correlationId: itemId,
	});
	const process = await claim("process");
	const derived = await images.derive(bytes);
	await stages.commitProcessed(process, derived, {
		id: derivedId(process.token, "ImageProcessed"),
		type: "ImageProcessed",
		detail: { ...ofItem, bucket: "b", original_key: "o", thumbnail_key: "t" },
	});
	const analyze = await claim("analyze");
	const deadline = new Date(Date.now() + 60_000);
	const answer = await vision.describe({
		...derived,
		image: derived.vision,
		pixels: (max) => picturePixels(images, bytes, derived.vision, max),
		originalFilename: "screenshot.png",
		knownTags: [],
		deadline,
	});
	const text = searchText(answer.description);
	const analysis_id = derivedId(itemId, "analysis", 1);
	await stages.commitAnalyzed(
		analyze,
		{
			id: analysis_id,
			version: 1,
			description: answer.description,
			providerUsed: answer.provider,
			modelUsed: answer.model,
			traceId: null,
			usage: answer.usage,
		},
		{
			id: derivedId(analyze.token, "AnalysisComplete"),
			type: "AnalysisComplete",
			detail: { ...ofItem, analysis_id },
		},
	);
	const embed = await claim("embed");
	const { vectors, usage } = await embedder.embed([embeddingText(text)], "document", { deadline });
	const [vector] = vectors;
	if (!vector) throw new Error("nothing embedded");
	await stages.commitEmbedded(
		embed,
		{ analysisId: analysis_id, textRevision: 0, model: embedder.model, vector, usage },
		{
			id: derivedId(embed.token, "ItemReady"),
			type: "ItemReady",
			detail: { ...ofItem, analysis_id },
		},
	);
	return performance.now() - started;
}

/** Draws a sample with noise below it, which gives it its size and makes each file different. */
async function screenshot(): Promise<Uint8Array<ArrayBuffer>> {
	const [sample] = await drawSampleImages();
	if (!sample) throw new Error("There are no sample images.");
	const { width = 0 } = await sharp(sample.bytes).metadata();
	const noise = crypto.getRandomValues(new Uint8Array(60_000));
	const rows = Math.ceil(screenshotBytes / (width * 3));
	const raw = Buffer.alloc(width * rows * 3);
	for (let at = 0; at < raw.length; at += noise.length) raw.set(noise.subarray(0, raw.length - at), at);
	for (let at = 0; at < raw.length; at++) raw[at] = (raw[at] ?? 0) ^ (at >> 7);
	const below = await sharp(raw, {
		raw: { width, height: rows, channels: 3 },
	})
		.png()
		.toBuffer();
	const { height = 0 } = await sharp(sample.bytes).metadata();
	const bytes = await sharp(sample.bytes)
		.flatten()
		.extend({ bottom: rows })
		.composite([{ input: below, top: height, left: 0 }])
		.png({ palette: false })
		.toBuffer();
	return new Uint8Array(bytes);
}
