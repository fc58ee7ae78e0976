import type { Objects } from "#core/ports.ts";

/** A bucket in memory. */
export function fakeObjects(bucket = "fake-bucket"): Objects {
	const stored = new Map<string, Uint8Array>();
	return {
		bucket,
		async put(key, bytes) {
			stored.set(key, Uint8Array.from(bytes));
		},
		async get(key) {
			const bytes = stored.get(key);
			return bytes ? Uint8Array.from(bytes) : null;
		},
		async exists(key) {
			return stored.has(key);
		},
		async deleteAll(prefix) {
			for (const key of stored.keys()) {
				if (key.startsWith(prefix)) stored.delete(key);
			}
		},
		async presignGet(key, seconds) {
			return `https://${bucket}.example/${key}?expires=${seconds}`;
		},
	};
}
