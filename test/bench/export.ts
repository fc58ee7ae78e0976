// make bench-export: measures `collections export` of a large collection on a local cloud: how long the job packs and the command
// line downloads and verifies, how much memory that takes, and what a kill in the middle of the download costs.
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { originalKey } from "#core/items/item.ts";
import { main, step } from "#deployment/progress.ts";
import { type Command, keepSession, startCommand } from "../../packages/cli/test/command.ts";
import { Control } from "../system/control.ts";
import { startCloud } from "./api-cloud.ts";
import { demand, minDemand, report } from "./report.ts";

const items = Number(process.env.ITEMS || 5_000);
const pictureBytes = Number(process.env.KB || 200) * 1_000;
/** Of the command line, whatever the archive's size: a part, of 64 MB, is never in memory whole. */
const maxMegabytes = 300;

type Cloud = Awaited<ReturnType<typeof startCloud>>;

/** Storage tells nobody of the pictures: the rows say already what the pipeline would find. */
async function silence(assembly: string): Promise<void> {
	for (const name of readdirSync(assembly).filter((file) => file.endsWith(".template.json"))) {
		const file = path.join(assembly, name);
		const template = JSON.parse(readFileSync(file, "utf8"));
		for (const { Type, Properties } of Object.values<{ Type: string; Properties: Record<string, unknown> }>(
			template.Resources,
		)) {
			if (Type === "AWS::S3::Bucket") delete Properties.NotificationConfiguration;
		}
		writeFileSync(file, JSON.stringify(template));
	}
}

/** Writes rows as the pipeline does, with a vector each, and pictures of random bytes, which nothing here decodes. */
async function fill({ outputs, operator, session }: Cloud): Promise<void> {
	const control = new Control(outputs, operator);
	const user = String(JSON.parse(Buffer.from(session.idToken.split(".")[1] ?? "", "base64url").toString()).sub);
	const made = (id: string) => `(md5('${id}' || n)::uuid)`;
	const rows = "generate_series(1, $2::int) as n";
	await control.sql(
		`insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id, status, width, height)
		 select ${made("item")}, $1, 'IMG_' || n || '.jpg', 'image/jpeg', ${pictureBytes}, 'bench', 'uploaded', 3000, 4000 from ${rows}`,
		[user, items],
	);
	await control.sql(
		`insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used)
		 select ${made("analysis")}, ${made("item")}, $1, 1, 'Receipt',
		   jsonb_build_object('category', 'Receipt', 'headline', 'Headline ' || n, 'summary', repeat('A summary. ', 20),
		     'subcategories', '[]'::jsonb, 'tags', '[]'::jsonb, 'image_details', jsonb_build_object('extracted_text', '[]'::jsonb,
		       'objects', '[]'::jsonb, 'themes', '[]'::jsonb, 'emotions', '[]'::jsonb, 'vibes', '[]'::jsonb), 'media_metadata', '{}'::jsonb),
		   'offline', 'bench' from ${rows}`,
		[user, items],
	);
	await control.sql(
		`insert into embeddings (item_id, user_id, model, analysis_id, category, embedding)
		 select ${made("item")}, $1, 'bench', ${made("analysis")}, 'Receipt',
		   (array_fill(0, array[n % 1024]) || 1 || array_fill(0, array[1023 - n % 1024]))::vector::halfvec from ${rows}`,
		[user, items],
	);
	await control.sql(
		`update items set analysis_id = analyses.id, status = 'ready'
		 from analyses where items.user_id = $1 and analyses.item_id = items.id`,
		[user],
	);
	const s3 = new S3Client({
		region: outputs.Region,
		endpoint: outputs.AwsEndpointUrl ?? "",
		credentials: operator,
		forcePathStyle: true,
	});
	const ids = await control.sql<{ id: string }>("select id from items where user_id = $1", [user]);
	for (const { id } of ids) {
		const Key = originalKey({ id, userId: user, mimeType: "image/jpeg" });
		await s3.send(new PutObjectCommand({ Bucket: outputs.BucketName, Key, Body: randomBytes(pictureBytes) }));
	}
}

/** Follows a command to its end. @returns the seconds that it took and its peak memory */
async function measured({ child, ended }: Command): Promise<{ seconds: number; megabytes: number; stdout: string }> {
	const started = performance.now();
	let megabytes = 0;
	const look = setInterval(() => {
		try {
			const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
			megabytes = Math.max(megabytes, Number(kilobytes ?? 0) / 1_024);
		} catch {
			// It has ended.
		}
	}, 100);
	const { code, stdout, stderr } = await ended.finally(() => clearInterval(look));
	if (code !== null && code !== 0) throw new Error(stderr);
	return { seconds: (performance.now() - started) / 1_000, megabytes, stdout };
}

const seconds = (value: number) => `${value.toFixed(1)} s`;

await main(async () => {
	const directory = mkdtempSync(path.join(tmpdir(), "collections-bench-"));
	const cloud = await startCloud(directory, silence);
	try {
		await step(`${items} items with pictures of ${pictureBytes / 1_000} KB`, () => fill(cloud));
		const home = path.join(directory, "home");
		const { ApiUrl: apiUrl, CliClientId: clientId, CognitoEndpoint: endpoint } = cloud.outputs;
		const { refreshToken, idToken } = cloud.session;
		keepSession(home, { apiUrl, pool: { clientId, endpoint }, email: "bench@example.com", refreshToken, idToken });
		const file = path.join(directory, "bench.tar");
		const partial = `${file}.partial`;
		const stored = () => statSync(partial, { throwIfNoEntry: false })?.size ?? 0;

		const killed = startCommand(home, ["export", file, "--json"]);
		const begun = performance.now();
		let packed = 0;
		const half = (items * pictureBytes) / 2;
		while (stored() < half && killed.child.exitCode === null) {
			if (!packed && stored() > 0) packed = performance.now() - begun;
			await sleep(20);
		}
		const first = measured(killed);
		killed.child.kill("SIGKILL");
		const kept = stored();
		await first;
		const resumed = await step("the rest after a kill", () => measured(startCommand(home, ["export", file, "--json"])));
		const { parts, bytes, items: exported } = JSON.parse(resumed.stdout);
		const verified = await step("verify alone", () => measured(startCommand(home, ["verify", file])));

		rmSync(file);
		const whole = await step("a second export, without a kill", () =>
			measured(startCommand(home, ["export", file, "--json"])),
		);
		const { size } = statSync(file);
		report(
			"export",
			[
				{ step: "the job packs", time: seconds(packed / 1_000), "peak memory, MB": "" },
				{
					step: `resumed at ${(kept / 1e6).toFixed(0)} MB`,
					time: seconds(resumed.seconds),
					"peak memory, MB": resumed.megabytes.toFixed(0),
				},
				{ step: "verify", time: seconds(verified.seconds), "peak memory, MB": verified.megabytes.toFixed(0) },
				{ step: "export as a whole", time: seconds(whole.seconds), "peak memory, MB": whole.megabytes.toFixed(0) },
			],
			[
				minDemand("items in the archive", exported, items),
				demand("peak memory of an export, MB", Math.max(resumed.megabytes, whole.megabytes), maxMegabytes),
			],
			[`${parts} parts, ${(size / 1e6).toFixed(0)} MB in one file, ${(bytes / 1e6).toFixed(0)} MB of them files.`],
		);
	} finally {
		await cloud.stop();
		rmSync(directory, { recursive: true, force: true });
	}
});
