import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { visionFor } from "#ai/vision.ts";
import { readEnv, stageContract } from "#lambda-kit/env.ts";
import { connect } from "#lambdas/analyzer/connect.ts";
import { visionRequest } from "./providers/vision-request.ts";

let folder: string;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

beforeAll(async () => {
	folder = await mkdtemp(path.join(tmpdir(), "replayed-"));
	await mkdir(path.join(folder, "images"));
	const files = { "a.png": "first", "b.png": "second", "c.png": "second" };
	for (const [name, bytes] of Object.entries(files)) {
		await writeFile(path.join(folder, "images", name), bytes);
	}
	const analysis = (item_id: string) => ({
		item_id,
		reviewed_at: "2025-12-13",
		category: "Food",
		headline: `Headline of ${item_id}`,
		summary: "",
		image_details: { extracted_text: ["RAMEN"], likely_source: "TikTok" },
		media_metadata: {},
	});
	await writeFile(path.join(folder, "analyses.json"), JSON.stringify(["c", "b", "a"].map(analysis)));
});
afterAll(() => rm(folder, { recursive: true }));

const describeImage = (digest: string | null) =>
	visionFor({ provider: "replay", replayFolder: folder }).describe(
		visionRequest({ sha256: digest, originalFilename: "anything.jpg" }),
	);

describe("the vision provider replay", () => {
	it("returns the dataset's analysis of the original's bytes, whatever the file's name", async () => {
		expect(await describeImage(sha256("first"))).toMatchObject({
			provider: "replay",
			model: path.basename(folder),
			usage: [],
			description: {
				headline: "Headline of a",
				category: "Food",
				image_details: { extracted_text: ["RAMEN"], likely_source: "TikTok" },
			},
		});
	});

	it("returns the first analysis for bytes that have two names", async () => {
		const { description } = await describeImage(sha256("second"));
		expect(description.headline).toBe("Headline of b");
	});

	it("fails permanently for unknown bytes, with the dataset's name", async () => {
		for (const digest of [sha256("other"), null]) {
			await expect(describeImage(digest)).rejects.toMatchObject({
				name: "PermanentFailure",
				message: `The dataset ${folder} has no analysis of anything.jpg.`,
			});
		}
	});

	it("cannot be named by a request, nor used without a dataset", async () => {
		expect(() => visionFor({ provider: "replay" })).toThrow('There is no vision provider "replay"');
		const offline = visionFor({ provider: "offline", replayFolder: folder });
		await expect(offline.describe({ provider: "replay" } as never)).rejects.toMatchObject({
			code: "provider_not_available",
		});
	});

	it("is accepted in environment local alone, like the dataset's folder", async () => {
		const env = Object.fromEntries(stageContract("analyze").map((name) => [name, "x"]));
		const envOf = (ENVIRONMENT: string, more = {}) =>
			readEnv(stageContract("analyze"), {
				...env,
				ENVIRONMENT,
				VISION_PROVIDER: "replay",
				...more,
			});
		await expect(connect(envOf("dev"))).rejects.toThrow(
			"The vision provider replay sees nothing and is for environment local alone",
		);
		expect(() => envOf("prod", { REPLAY_FOLDER: folder })).toThrow(
			"REPLAY_FOLDER is set, which only environment local allows",
		);
		expect(envOf("local", { REPLAY_FOLDER: folder }).ENVIRONMENT).toBe("local");
	});
});
