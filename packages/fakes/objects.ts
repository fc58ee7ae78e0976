import { createHash } from "node:crypto";
import type { Objects } from "#core/ports/index.ts";

/** The ETag of bytes that were uploaded in one part. */
export const etagOf = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

/** A real one signs at the last half hour, at worst this many seconds ago. */
const halfHour = 1_800;

/** A bucket in memory. The versions of a key are numbered from 1. */
export function fakeObjects(bucket = "fake-bucket"): Objects {
	const stored = new Map<string, Map<string, Uint8Array>>();
	const count = new Map<string, number>();
	return {
		bucket,
		async put(key, bytes) {
			const number = (count.get(key) ?? 0) + 1;
			count.set(key, number);
			const versions = stored.get(key) ?? new Map();
			stored.set(key, versions.set(String(number), Uint8Array.from(bytes)));
		},
		async get(key, version) {
			const versions = stored.get(key);
			const bytes = version ? versions?.get(version) : [...(versions?.values() ?? [])].at(-1);
			return bytes ? Uint8Array.from(bytes) : null;
		},
		async exists(key) {
			return stored.has(key);
		},
		async isRepeated(key, version, etag) {
			const older = [...(stored.get(key) ?? [])].filter(([number]) => Number(number) < Number(version));
			return older.some(([, bytes]) => etagOf(bytes) === etag);
		},
		async deleteVersion(key, version) {
			const versions = stored.get(key);
			versions?.delete(version);
			if (versions?.size === 0) stored.delete(key);
		},
		async deleteAll(prefix) {
			for (const key of stored.keys()) {
				if (key.startsWith(prefix)) stored.delete(key);
			}
		},
		async deletePage(prefix) {
			const found = [...stored.keys()].find((key) => key.startsWith(prefix));
			return found !== undefined && stored.delete(found);
		},
		async presignGet(key, seconds, { filename } = {}) {
			const name = filename === undefined ? "" : `&filename=${encodeURIComponent(filename)}`;
			return `https://${bucket}.example/${key}?expires=${seconds}${name}`;
		},
		async presignCacheable(key, seconds) {
			return {
				url: `https://${bucket}.example/${key}?expires=${seconds}`,
				expiresAt: new Date(Date.now() + (seconds + halfHour) * 1_000),
			};
		},
		async presignPost(key, { contentType, size }, seconds) {
			return {
				url: `https://${bucket}.example/`,
				fields: { key, "Content-Type": contentType, size: String(size) },
				expiresAt: new Date(Date.now() + seconds * 1000),
			};
		},
	};
}
