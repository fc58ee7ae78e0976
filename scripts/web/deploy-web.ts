import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import {
	CopyObjectCommand,
	DeleteObjectsCommand,
	GetObjectCommand,
	NoSuchKey,
	PutObjectCommand,
	S3Client,
} from "@aws-sdk/client-s3";
import type { ClientSettings } from "#deployment/client-settings.ts";
import type { Outputs } from "#deployment/outputs.ts";
import type { Config } from "#web/app/config.ts";
import { contentSecurityPolicy, webConfig } from "./web-config.ts";

/** The builds that can be gone back to, the one in force included. */
const keptReleases = 5;
const listKey = "releases.json";

/** A build that was uploaded. Its files whose names do not change with their content are also below `releases/{id}/`. */
interface Release {
	id: string;
	uploadedAt: string;
	assets: string[];
	pages: string[];
}

/** The releases, the newest first, and the one in force. */
interface Releases {
	current: string;
	releases: Release[];
}

export interface WebSite {
	client: ClientSettings;
	outputs: Outputs;
	/** The demo user's login, in `local` alone. */
	demo?: Config["demo"];
}

/** Returns the bucket of the app. @throws where the environment has none */
function siteBucket({ WebBucketName, Environment }: Outputs): string {
	if (WebBucketName) return WebBucketName;
	throw new Error(
		`Environment ${Environment} has no web app: add "web": {} to its row in cdk.json, and run make infra-deploy ENV=${Environment}.`,
	);
}

/**
 * Uploads a build and puts it in force: first the files that are new, then the shell that names them, so that nobody gets
 * a half. Uploading the same build again changes nothing but `config.json`.
 * @returns the release in force
 */
export async function deployWeb(folder: string, site: WebSite): Promise<Release> {
	const bucket = siteBucket(site.outputs);
	const s3 = s3Of(site);
	const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
		.filter((entry) => entry.isFile() && !entry.parentPath.includes(".vite"))
		.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join("/"))
		.sort();
	if (!files.includes("index.html")) throw new Error(`${folder} has no index.html: run make web-build first.`);
	const assets = files.filter((file) => file.startsWith("assets/"));
	const pages = files.filter((file) => !file.startsWith("assets/"));
	const config = webConfig(site.outputs, site.demo);
	const contents = new Map<string, Uint8Array>();
	for (const page of pages) contents.set(page, await readFile(path.join(folder, page)));
	const shell = Buffer.from(contents.get("index.html") ?? []).toString();
	contents.set("index.html", Buffer.from(withPolicy(shell, contentSecurityPolicy(config, bucketOrigin(site.outputs)))));
	const release = { id: idOf(contents, assets), uploadedAt: new Date().toISOString(), assets, pages };

	const before = await readReleases(s3, bucket);
	const stored = new Set(before.releases.flatMap((each) => each.assets));
	for (const asset of assets) {
		if (stored.has(asset)) continue;
		await put(s3, bucket, asset, await readFile(path.join(folder, asset)), "public, max-age=31536000, immutable");
	}
	for (const [page, content] of contents) await put(s3, bucket, `releases/${release.id}/${page}`, content, "no-cache");
	await put(s3, bucket, "config.json", Buffer.from(JSON.stringify(config)), "no-cache");
	const others = before.releases.filter(({ id }) => id !== release.id);
	const kept = [release, ...others].slice(0, keptReleases);
	await putInForce(s3, bucket, release, kept);
	await removeOutdated(s3, bucket, others.slice(keptReleases - 1), kept);
	return release;
}

/** Puts the build before the one in force back. @returns it @throws where there is none */
export async function goBack(site: WebSite): Promise<Release> {
	const bucket = siteBucket(site.outputs);
	const s3 = s3Of(site);
	const { current, releases } = await readReleases(s3, bucket);
	const former = releases[releases.findIndex(({ id }) => id === current) + 1];
	if (!former) {
		throw new Error(`The web app of ${site.outputs.Environment} has no earlier build: nothing was changed.`);
	}
	await putInForce(s3, bucket, former, releases);
	return former;
}

/** Copies a release's pages to where they are served, the shell last. */
async function putInForce(s3: S3Client, Bucket: string, release: Release, releases: Release[]): Promise<void> {
	const last = (page: string) => Number(page === "index.html");
	for (const page of [...release.pages].sort((a, b) => last(a) - last(b))) {
		await s3.send(
			new CopyObjectCommand({ Bucket, Key: page, CopySource: `${Bucket}/releases/${release.id}/${encodeURI(page)}` }),
		);
	}
	const list: Releases = { current: release.id, releases };
	await put(s3, Bucket, listKey, Buffer.from(JSON.stringify(list)), "no-cache");
}

async function removeOutdated(s3: S3Client, Bucket: string, outdated: Release[], kept: Release[]): Promise<void> {
	const needed = new Set(kept.flatMap(({ assets }) => assets));
	const keys = outdated.flatMap(({ id, assets, pages }) => [
		...assets.filter((asset) => !needed.has(asset)),
		...pages.map((page) => `releases/${id}/${page}`),
	]);
	if (keys.length === 0) return;
	await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }));
}

async function readReleases(s3: S3Client, Bucket: string): Promise<Releases> {
	try {
		const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: listKey }));
		return JSON.parse((await Body?.transformToString()) ?? "") as Releases;
	} catch (error) {
		if (error instanceof NoSuchKey) return { current: "", releases: [] };
		throw error;
	}
}

const types: Record<string, string> = {
	".css": "text/css; charset=utf-8",
	".html": "text/html; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".json": "application/json",
	".png": "image/png",
	".svg": "image/svg+xml",
	".webmanifest": "application/manifest+json",
	".woff2": "font/woff2",
};

async function put(s3: S3Client, Bucket: string, Key: string, Body: Uint8Array, CacheControl: string): Promise<void> {
	const ContentType = types[path.extname(Key)];
	if (!ContentType)
		throw new Error(`The web app's build has ${Key}, whose type is not known: add it to deploy-web.ts.`);
	await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType, CacheControl }));
}

function idOf(pages: Map<string, Uint8Array>, assets: string[]): string {
	const hash = createHash("sha256").update(assets.join("\n"));
	for (const [page, content] of pages) hash.update(`\n${page}\0`).update(content);
	return hash.digest("hex").slice(0, 12);
}

/** Writes the policy into the shell, which alone knows the environment's addresses. */
function withPolicy(shell: string, policy: string): string {
	const tag = `<meta http-equiv="Content-Security-Policy" content="${policy.replaceAll('"', "&quot;")}" />`;
	const marked = shell.replace(/<meta charset=[^>]*>/, (charset) => `${charset}\n\t\t${tag}`);
	if (marked === shell) throw new Error("The shell has no <meta charset>, after which the policy is written.");
	return marked;
}

/** Returns the origin of presigned URLs. */
function bucketOrigin({ AwsEndpointUrl, BucketName, Region }: Outputs): string {
	return AwsEndpointUrl ? new URL(AwsEndpointUrl).origin : `https://${BucketName}.s3.${Region}.amazonaws.com`;
}

const s3Of = ({ client }: WebSite) => new S3Client({ ...client, forcePathStyle: client.endpoint !== undefined });
