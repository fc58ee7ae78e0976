import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { packTar } from "modern-tar";
import { endOfTar, type Manifest, manifestName } from "../../../archive/manifest.ts";
import { Failure } from "../failure.ts";

type Part = Manifest["parts"][number];

/** Reads an object from a byte on. @throws where storage refuses it */
export type ReadPart = (index: number, from: number, to: number) => AsyncIterable<Uint8Array>;

const attempts = 5;

/**
 * Joins the parts of an archive into one tar file that begins with the manifest. The file's own length says how far a former
 * run came, so that it goes on there, in the middle of a part, too. Each part is compared with its digest.
 * @throws Failure where a part stays another than the manifest says
 */
export async function download(
	file: string,
	{ text, manifest }: { text: string; manifest: Manifest },
	read: ReadPart,
	onBytes: (bytes: number, isPart: boolean) => void,
): Promise<void> {
	const packed = await packTar([
		{
			header: { name: manifestName, size: Buffer.byteLength(text), mtime: new Date(manifest.created_at) },
			body: text,
		},
	]);
	const head = packed.subarray(0, -endOfTar);
	const handle = await open(file, "a+", 0o600);
	try {
		let { size } = await handle.stat();
		if (size < head.length) {
			if (size > 0) await handle.truncate(0);
			await handle.appendFile(head);
			size = head.length;
		}
		let begin = head.length;
		for (const [index, part] of manifest.parts.entries()) {
			const length = part.size - endOfTar;
			const stored = Math.min(length, Math.max(0, size - begin));
			// What follows a whole part was written after it had been compared.
			if (stored === length && size > begin + length) onBytes(length, true);
			else {
				onBytes(stored, false);
				await completePart(handle, part, { index, begin, stored }, read, onBytes);
				onBytes(0, true);
			}
			begin += length;
		}
		await handle.truncate(begin);
		await handle.appendFile(new Uint8Array(endOfTar));
		await handle.sync();
	} finally {
		await handle.close();
	}
}

async function completePart(
	handle: FileHandle,
	part: Part,
	{ index, begin, stored }: { index: number; begin: number; stored: number },
	read: ReadPart,
	onBytes: (bytes: number, isPart: boolean) => void,
): Promise<void> {
	const length = part.size - endOfTar;
	let at = stored;
	for (let attempt = 1; ; attempt++) {
		const hash = createHash("sha256");
		await handle.truncate(begin + at);
		for await (const chunk of readBack(handle, begin, at)) hash.update(chunk);
		try {
			if (at < length) {
				for await (const chunk of read(index, at, length - 1)) {
					if (at + chunk.length > length)
						throw new Failure(`Storage sends more of ${part.name} than the manifest says.`);
					await handle.appendFile(chunk);
					hash.update(chunk);
					at += chunk.length;
					onBytes(chunk.length, false);
				}
			}
			if (at < length) throw new Error(`Storage ended ${part.name} after ${at} of ${length} bytes.`);
		} catch (error) {
			if (attempt === attempts || !isPassing(error)) throw error;
			continue;
		}
		hash.update(new Uint8Array(endOfTar));
		if (hash.digest("hex") === part.sha256) return;
		if (attempt === attempts) {
			throw new Failure(`${part.name} is not what the manifest says, however often it is read: export again.`);
		}
		onBytes(-at, false);
		at = 0;
	}
}

/** A full disk or Ctrl-C is the same a moment later; a connection is not. */
const isPassing = (error: unknown) =>
	!(error instanceof Failure) &&
	!["ENOSPC", "EDQUOT", "EFBIG", "EIO"].includes((error as NodeJS.ErrnoException).code ?? "") &&
	(error as Error).name !== "AbortError";

async function* readBack(handle: FileHandle, begin: number, length: number): AsyncGenerator<Uint8Array> {
	const buffer = Buffer.alloc(1 << 20);
	for (let at = 0; at < length; ) {
		const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, length - at), begin + at);
		if (bytesRead === 0) return;
		yield buffer.subarray(0, bytesRead);
		at += bytesRead;
	}
}
