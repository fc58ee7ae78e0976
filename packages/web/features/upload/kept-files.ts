import type { KeptFile } from "./upload-queue.ts";

const name = "collections-uploads";
const table = "files";
/** Owns what another app shared, until somebody who is signed in uploads it. */
export const nobody = "";

function open(): Promise<IDBDatabase> {
	return new Promise((resolve, reject) => {
		const request = indexedDB.open(name, 1);
		request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: "key" });
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

let database: Promise<IDBDatabase> | undefined;

async function run<T>(mode: IDBTransactionMode, work: (files: IDBObjectStore) => IDBRequest<T>): Promise<T> {
	database ??= open();
	const files = (await database).transaction(table, mode).objectStore(table);
	return new Promise((resolve, reject) => {
		const request = work(files);
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

/** Files that wait to be uploaded, in the browser's database. They belong to one person of this browser. */
export const keptFiles = {
	keep: async (sub: string, file: KeptFile) => void (await run("readwrite", (files) => files.put({ ...file, sub }))),
	forget: async (key: string) => void (await run("readwrite", (files) => files.delete(key))),
	async kept(sub: string): Promise<KeptFile[]> {
		const all = (await run("readonly", (files) => files.getAll())) as (KeptFile & { sub: string })[];
		return all.filter((file) => file.sub === sub || file.sub === nobody);
	},
};
