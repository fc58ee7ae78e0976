import { AwsError } from "../../endpoint/types.ts";

/** One part of a form. Its content is gone when the next part is asked for. */
export interface FormPart {
	name: string;
	/** Null where the part is a field and no file. */
	filename: string | null;
	content: AsyncIterable<Buffer>;
}

const malformed = () =>
	new AwsError(
		"MalformedPOSTRequest",
		"The body of your POST request is not well-formed multipart/form-data.",
	);

const maxPartHeaders = 8 * 1024;

/**
 * Reads multipart/form-data part by part, as it arrives: no more than a chunk of a file is in memory.
 * @throws AwsError `MalformedPOSTRequest`
 */
export async function* formParts(
	body: AsyncIterable<Buffer>,
	contentType: string,
): AsyncGenerator<FormPart> {
	const [, quoted, plain] =
		/;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? [];
	const boundary = quoted ?? plain;
	if (!boundary) throw malformed();
	const delimiter = Buffer.from(`\r\n--${boundary}`);
	const reader = new Reader(body);
	for await (const _ of reader.until(delimiter)); // what stands before the first part says nothing
	for (;;) {
		const next = await reader.take(2);
		if (next === "--") return;
		if (next !== "\r\n") throw malformed();
		const headers = await reader.text(Buffer.from("\r\n\r\n"), maxPartHeaders);
		const content = reader.until(delimiter);
		yield { ...disposition(headers), content };
		for await (const _ of content); // what nobody read
	}
}

/** Clients write a quote in a name as `%22` (browsers) or `\"` (curl). */
function disposition(headers: string): Omit<FormPart, "content"> {
	const [line] = /^content-disposition:.*$/im.exec(headers) ?? [];
	const parameter = (name: string) => {
		const found = new RegExp(
			`;\\s*${name}=(?:"((?:\\\\"|[^"])*)"|([^\\s;"]+))`,
			"i",
		).exec(line ?? "");
		const value = found?.[1] ?? found?.[2];
		return value
			?.replaceAll('\\"', '"')
			.replace(/%(22|0D|0A)/g, (code) => decodeURIComponent(code));
	};
	const name = parameter("name");
	if (name === undefined) throw malformed();
	return { name, filename: parameter("filename") ?? null };
}

/** Reads a stream up to marks in it. */
class Reader {
	readonly #chunks: AsyncIterator<Buffer>;
	/** Begins with a line break, so that the first boundary is like every other. */
	#rest: Buffer = Buffer.from("\r\n");

	constructor(body: AsyncIterable<Buffer>) {
		this.#chunks = body[Symbol.asyncIterator]();
	}

	/** What comes before the mark, which is read too. @throws AwsError where the stream ends first */
	async *until(mark: Buffer): AsyncGenerator<Buffer> {
		for (;;) {
			const at = this.#rest.indexOf(mark);
			if (at >= 0) {
				const last = this.#rest.subarray(0, at);
				this.#rest = this.#rest.subarray(at + mark.length);
				if (last.length > 0) yield last;
				return;
			}
			// The end may be the beginning of the mark.
			const sure = this.#rest.length - (mark.length - 1);
			if (sure > 0) {
				const chunk = this.#rest.subarray(0, sure);
				this.#rest = this.#rest.subarray(sure);
				yield chunk;
			}
			await this.#read();
		}
	}

	async take(length: number): Promise<string> {
		while (this.#rest.length < length) await this.#read();
		const taken = this.#rest.subarray(0, length);
		this.#rest = this.#rest.subarray(length);
		return taken.toString("latin1");
	}

	/** The text before the mark. @throws AwsError where it is longer than `most` bytes */
	async text(mark: Buffer, most: number): Promise<string> {
		const parts: Buffer[] = [];
		let size = 0;
		for await (const chunk of this.until(mark)) {
			size += chunk.length;
			parts.push(chunk);
			if (size > most) break;
		}
		if (size > most) throw malformed();
		return Buffer.concat(parts).toString();
	}

	async #read(): Promise<void> {
		const { done, value } = await this.#chunks.next();
		if (done) throw malformed();
		this.#rest = Buffer.concat([this.#rest, value]);
	}
}
