import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { endOfTar, type Manifest, manifestOf, maxManifestBytes } from "../../../archive/manifest.ts";
import { ApiProblem, type CollectionsClient } from "../../../client/index.ts";
import { download } from "../archive/download.ts";
import { verifyArchive } from "../archive/verify.ts";
import { exitCodes, Failure } from "../failure.ts";
import { interruptible } from "../interruption.ts";
import { lock } from "../lock.ts";
import { counted, type Output } from "../output.ts";
import { connect, storedSession } from "../session-file.ts";
import { Rate } from "../upload/rate.ts";

interface ExportJob {
	id: string;
	state: "queued" | "running" | "paused" | "done" | "failed" | "canceled";
	total: number;
	done: number;
	failed: number;
	result_url: string | null;
	error: { detail: string } | null;
}

const pollMs = 1_000;

/** Exports everything into one verified file; the same command again goes on where it ended. */
export async function exportCommand(output: Output, target = "."): Promise<void> {
	const file = fileOf(target);
	if (existsSync(file))
		throw new Failure(`${file} is there already: verify it, or give another name.`, exitCodes.usage);
	mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
	const partial = `${file}.partial`;
	const release = lock(`${partial}.lock`, "export into this file");
	try {
		await interruptible(
			(signal) => exportInto(output, connect({ signal }), { file, partial, signal }),
			() => `Ended early. The same command goes on from there; what it has is in ${partial}.`,
		);
	} finally {
		output.clearProgress();
		release();
	}
}

/** A folder gets a file of today's name. */
function fileOf(target: string): string {
	const isFolder = existsSync(target) ? statSync(target).isDirectory() : !target.endsWith(".tar");
	return isFolder ? path.join(target, "collections.tar") : target;
}

async function exportInto(
	output: Output,
	client: CollectionsClient,
	{ file, partial, signal }: { file: string; partial: string; signal: AbortSignal },
): Promise<void> {
	const state = `${partial}.json`;
	const begun = await begunJob(client, state);
	if (!begun) rmSync(partial, { force: true });
	const started = begun ?? (await startOrJoin(output, client));
	writeFileSync(state, JSON.stringify({ ...addressOf(), job: started.id }), { mode: 0o600 });
	const job = await ended(output, client, started, signal);
	const text = await manifestText(job.result_url ?? "", signal);
	const manifest = manifestOf(text, "the export");

	const size = manifest.parts.reduce((sum, part) => sum + part.size - endOfTar, 0);
	const rate = new Rate(manifest.parts.length, size);
	const readPart = (index: number, from: number, to: number) => rangeOf(client, job.id, { index, from, to, signal });
	await download(partial, { text, manifest }, readPart, (bytes, isPart) => {
		rate.add(bytes, isPart ? 1 : 0);
		output.progress(`Downloads ${rate.line()}`);
	});
	const { damaged, bytes } = await verifyArchive(partial, { signal, ...verifying(output) });
	if (damaged.length > 0) {
		rmSync(partial);
		throw new Failure(
			`${counted(damaged.length, "file")} changed on this disk, ${damaged[0]} first: run the same command again.`,
		);
	}
	renameSync(partial, file);
	rmSync(state);
	output.clearProgress();
	output.result({ file, job_id: job.id, bytes, ...manifest.counts, parts: manifest.parts.length }, [
		`${file}: ${summaryOf(manifest)}; every file is what the manifest says.`,
		...(manifest.counts.left_out > 0
			? [
					`Left out, since storage has no picture: ${counted(manifest.counts.left_out, "item")}. GET /jobs/${job.id} names them.`,
				]
			: []),
	]);
	if (manifest.counts.left_out > 0) process.exitCode = exitCodes.partly;
}

const summaryOf = ({ counts: { items, albums, chats } }: Manifest) =>
	[counted(items, "item"), counted(albums, "album"), counted(chats, "chat")].join(", ");

/** The person and the service that an unfinished export is of. */
const addressOf = () => {
	const { apiUrl, email, refreshToken } = storedSession();
	return { apiUrl, person: email || refreshToken };
};

/** Finds the job of an export that a former run began; null where it has nothing to go on with. */
async function begunJob(client: CollectionsClient, state: string): Promise<ExportJob | null> {
	if (!existsSync(state)) return null;
	const before = JSON.parse(readFileSync(state, "utf8")) as { apiUrl: string; person: string; job: string };
	const { apiUrl, person } = addressOf();
	if (before.apiUrl !== apiUrl || before.person !== person) {
		throw new Failure(
			`An export of ${before.apiUrl} is unfinished in this place: finish it as before, or give another name.`,
		);
	}
	try {
		await client.call("GET", `/jobs/${before.job}/parts?limit=1`);
		const job = await client.call<ExportJob>("GET", `/jobs/${before.job}`);
		return ["failed", "canceled"].includes(job.state) ? null : job;
	} catch (error) {
		if (error instanceof ApiProblem && [404, 410].includes(error.status)) return null;
		throw error;
	}
}

async function startOrJoin(output: Output, client: CollectionsClient): Promise<ExportJob> {
	try {
		return await client.call<ExportJob>("POST", "/account/export");
	} catch (error) {
		if (!(error instanceof ApiProblem) || error.code !== "export_running" || !error.location) throw error;
		output.note("An export is running already: this waits for it.");
		return client.call<ExportJob>("GET", error.location);
	}
}

async function ended(
	output: Output,
	client: CollectionsClient,
	job: ExportJob,
	signal: AbortSignal,
): Promise<ExportJob> {
	const rate = new Rate(job.total, 0);
	let counted = 0;
	for (let now = job; ; now = await client.call<ExportJob>("GET", `/jobs/${job.id}`)) {
		if (now.state === "done") return now;
		if (now.state === "failed") throw new Failure(`The export failed: ${now.error?.detail ?? "without a reason"}`);
		if (now.state === "canceled") throw new Failure("The export was canceled: run the same command to start another.");
		if (now.state === "paused") {
			throw new Failure(
				`The export is paused: let the job ${job.id} go on (PATCH /jobs/${job.id}), then run the same command.`,
			);
		}
		rate.add(0, now.done + now.failed - counted);
		counted = now.done + now.failed;
		output.progress(`Packs ${rate.line()}`);
		await sleep(pollMs, undefined, { signal });
	}
}

async function manifestText(url: string, signal: AbortSignal): Promise<string> {
	const response = await fetch(url, { signal });
	if (!response.ok)
		throw new Failure(`Storage answers ${response.status} for the manifest: run the same command again.`);
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of response.body ?? []) {
		size += chunk.length;
		if (size > maxManifestBytes) throw new Failure("The manifest is larger than that of any archive: it is not read.");
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString();
}

/** Reads a part from a byte on, by a URL that is signed now: an archive takes longer than one is valid. */
async function* rangeOf(
	client: CollectionsClient,
	jobId: string,
	{ index, from, to, signal }: { index: number; from: number; to: number; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
	const { parts } = await client.call<{ parts: { url: string }[] }>(
		"GET",
		`/jobs/${jobId}/parts?limit=1&offset=${index}`,
	);
	const [part] = parts;
	if (!part) throw new Failure("The export is gone meanwhile: run the same command to start another.");
	const response = await fetch(part.url, { signal, headers: { range: `bytes=${from}-${to}` } });
	if (response.status !== 206) throw new Error(`Storage answers ${response.status} for a part of the archive.`);
	for await (const chunk of response.body ?? []) yield chunk;
}

/** Shows how far a verification is. */
function verifying(output: Output) {
	let rate = new Rate(0, 0);
	return {
		onStart({ entries }: Manifest) {
			rate = new Rate(
				entries.length,
				entries.reduce((sum, { size }) => sum + size, 0),
			);
		},
		onFile(bytes: number) {
			rate.add(bytes);
			output.progress(`Verifies ${rate.line()}`);
		},
	};
}

/** Compares every file of an archive with its manifest; needs no service. */
export async function verifyCommand(output: Output, source: string): Promise<void> {
	try {
		const { manifest, bytes, damaged } = await verifyArchive(source, verifying(output));
		output.clearProgress();
		output.result({ file: source, bytes, ...manifest.counts, damaged }, [
			...damaged.map((name) => `${name} is damaged: its bytes are not those of the manifest.`),
			damaged.length === 0
				? `${source}: ${summaryOf(manifest)}; every file is what the manifest says.`
				: `${source}: damaged are ${damaged.length} of ${counted(manifest.entries.length, "file")}: export again.`,
		]);
		if (damaged.length > 0) process.exitCode = exitCodes.failed;
	} finally {
		output.clearProgress();
	}
}
