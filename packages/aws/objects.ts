import type { Readable } from "node:stream";
import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { attachment } from "#core/items/attachment.ts";
import { once } from "#core/once.ts";
import type { Objects } from "#core/ports/index.ts";

// The SDK is imported at first use: it would cost the api's cold start more than all of the api's own code.
const connecting = (settings?: S3ClientConfig) =>
	once(async () => {
		const sdk = await import("./client-s3.ts");
		return { sdk, s3: new sdk.S3Client(settings ?? {}) };
	});
const ofThisProcess = connecting();

/** URLs are signed at the last half hour: a browser has a picture by its URL, and finds it there until the next one. */
const signingMs = 30 * 60 * 1_000;
/** Signing takes a millisecond, and a grid of 100 is asked for again and again. A URL has 1 to 2 KB. */
const maxSigned = 2_000;
/** Of one person alone; images of a key hardly ever change. */
const cacheControl = "private, max-age=86400";

/** Reads a body into one buffer. The SDK's own method also holds all chunks, another 50 MB for an original. */
async function readBody(body: Readable, length: number): Promise<Uint8Array> {
	const bytes = new Uint8Array(length);
	let at = 0;
	for await (const chunk of body) {
		bytes.set(chunk, at);
		at += chunk.length;
	}
	if (at !== length) throw new Error(`S3 sent ${at} of ${length} bytes.`);
	return bytes;
}

/** Of a key whose every version is handled, few remain. */
const maxOlderVersions = 100;

/**
 * Stores objects in a bucket of S3.
 * @param settings @default what the process's environment says, as in a function
 */
export function s3Objects(bucket: string, settings?: S3ClientConfig): Objects {
	const client = settings ? connecting(settings) : ofThisProcess;
	let signed = { at: 0, urls: new Map<string, { url: string; expiresAt: Date }>() };

	async function deletePage(Prefix: string): Promise<boolean> {
		const { sdk, s3 } = await client();
		const page = await s3.send(new sdk.ListObjectVersionsCommand({ Bucket: bucket, Prefix }));
		const found = [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])];
		if (found.length === 0) return false;
		const { Errors = [] } = await s3.send(
			new sdk.DeleteObjectsCommand({
				Bucket: bucket,
				Delete: {
					Objects: found.map(({ Key, VersionId }) => ({ Key, VersionId })),
					Quiet: true,
				},
			}),
		);
		if (Errors.length > 0) {
			throw new Error(
				`S3 did not delete ${Errors.length} objects under ${Prefix}: ${Errors[0]?.Code} ${Errors[0]?.Message}`,
			);
		}
		return true;
	}

	return {
		bucket,

		async put(Key, Body, ContentType) {
			const { sdk, s3 } = await client();
			await s3.send(new sdk.PutObjectCommand({ Bucket: bucket, Key, Body, ContentType, CacheControl: cacheControl }));
		},

		async get(Key, VersionId) {
			const { sdk, s3 } = await client();
			try {
				const { Body, ContentLength = 0 } = await s3.send(new sdk.GetObjectCommand({ Bucket: bucket, Key, VersionId }));
				return Body ? await readBody(Body as Readable, ContentLength) : null;
			} catch (error) {
				const missing = ["NoSuchKey", "NoSuchVersion"];
				if (missing.includes((error as Error).name)) return null;
				throw error;
			}
		},

		async exists(Key) {
			const { sdk, s3 } = await client();
			try {
				await s3.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key }));
				return true;
			} catch (error) {
				if (error instanceof sdk.NotFound) return false;
				throw error;
			}
		},

		async isRepeated(Key, VersionId, etag) {
			const { sdk, s3 } = await client();
			// Versions come newest first, so those after this one are older.
			const { Versions = [] } = await s3.send(
				new sdk.ListObjectVersionsCommand({
					Bucket: bucket,
					Prefix: Key,
					KeyMarker: Key,
					VersionIdMarker: VersionId,
					MaxKeys: maxOlderVersions,
				}),
			);
			return Versions.some((older) => older.Key === Key && older.ETag === `"${etag}"`);
		},

		async deleteVersion(Key, VersionId) {
			const { sdk, s3 } = await client();
			await s3.send(new sdk.DeleteObjectCommand({ Bucket: bucket, Key, VersionId }));
		},

		async deleteAll(Prefix) {
			// Each round deletes the page it lists, so the next first page is the rest.
			while (await deletePage(Prefix));
		},

		deletePage,

		async presignGet(Key, expiresIn, { filename } = {}) {
			const { sdk, s3 } = await client();
			const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
			const command = new sdk.GetObjectCommand({
				Bucket: bucket,
				Key,
				...(filename !== undefined && { ResponseContentDisposition: attachment(filename) }),
			});
			return getSignedUrl(s3, command, { expiresIn });
		},

		async presignCacheable(Key, seconds) {
			const { sdk, s3 } = await client();
			const signedAt = Math.floor(Date.now() / signingMs) * signingMs;
			if (signed.at !== signedAt) signed = { at: signedAt, urls: new Map() };
			const known = signed.urls.get(`${seconds} ${Key}`);
			if (known && known.expiresAt.getTime() > Date.now() + signingMs) return known;
			const { getSignedUrl } = await import("@aws-sdk/s3-request-presigner");
			const expiresIn = seconds + signingMs / 1_000;
			const { expiration } = await s3.config.credentials();
			const url = await getSignedUrl(s3, new sdk.GetObjectCommand({ Bucket: bucket, Key }), {
				expiresIn,
				signingDate: new Date(signedAt),
			});
			const expiresAt = signedAt + expiresIn * 1_000;
			const made = { url, expiresAt: new Date(Math.min(expiresAt, expiration?.getTime() ?? expiresAt)) };
			if (signed.urls.size < maxSigned) signed.urls.set(`${seconds} ${Key}`, made);
			return made;
		},

		async presignPost(Key, { contentType, size }, seconds) {
			const { s3 } = await client();
			const { createPresignedPost } = await import("@aws-sdk/s3-presigned-post");
			// The policy's expiry is in whole seconds, rounded down.
			const expiresAt = new Date(Math.floor(Date.now() / 1000 + seconds) * 1000);
			const { url, fields } = await createPresignedPost(s3, {
				Bucket: bucket,
				Key,
				Fields: { "Content-Type": contentType, "Cache-Control": cacheControl },
				Conditions: [["content-length-range", size, size]],
				Expires: seconds,
			});
			return { url, fields, expiresAt };
		},
	};
}
