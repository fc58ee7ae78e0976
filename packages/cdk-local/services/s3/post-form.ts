import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { AwsError } from "../../endpoint/types.ts";

/** S3 reads this much of a form before its file. */
const maxFieldBytes = 20 * 1024;
const maxPartHeaderBytes = 8 * 1024;

/** A multipart/form-data upload, read up to the start of its file. Disposing stops the reading. */
interface PostForm extends Disposable {
	/** The fields before the file, by lower-case name. */
	fields: Map<string, string>;
	filename: string | undefined;
	/** Streams the file: the body is read no faster than this. */
	file: AsyncIterable<Buffer>;
	/** Resolves at the end of the form. @throws AwsError `IncorrectNumberOfFilesInPostRequest` on a second file */
	ended: Promise<void>;
}

/** Reads a form's fields and stops at its file. @throws AwsError `MalformedPOSTRequest` and others */
export async function readPostForm(body: AsyncIterable<Buffer>, contentType: string): Promise<PostForm> {
	const busboy = createBusboy(contentType);
	const fields = new Map<string, string>();
	let fieldBytes = 0;
	let file: Readable | undefined;
	const started = Promise.withResolvers<PostForm>();
	const ended = Promise.withResolvers<void>();
	// The caller may be waiting for the file, its bytes or the end of the form.
	const fail = (error: Error) => {
		started.reject(error);
		ended.reject(error);
		file?.destroy(error);
		busboy.destroy();
	};
	// A form that fails before its file is never awaited to its end.
	ended.promise.catch(() => {});

	busboy.on("field", (name, value) => {
		if (file) return;
		if (name === undefined) return fail(malformed());
		fieldBytes += Buffer.byteLength(name) + Buffer.byteLength(value);
		if (fieldBytes > maxFieldBytes) return fail(tooManyFieldBytes());
		if (fields.has(name.toLowerCase())) return fail(repeatedField(name));
		fields.set(name.toLowerCase(), value);
	});
	busboy.on("file", (_name, content, filename) => {
		file = content;
		// Without a reader yet, an error of the file must not end the process.
		content.on("error", () => {});
		started.resolve({
			fields,
			// Browsers write quotes and line breaks in a name as %22, %0D and %0A.
			filename: filename?.replace(/%(22|0D|0A)/g, decodeURIComponent),
			file: content,
			ended: ended.promise,
			[Symbol.dispose]: () => fail(new Error("the form is closed")),
		});
	});
	busboy.on("filesLimit", () => fail(wrongNumberOfFiles()));
	busboy.on("finish", () => {
		started.reject(wrongNumberOfFiles());
		ended.resolve();
	});
	busboy.on("error", () => fail(malformed()));
	pipeline(Readable.from(body), busboy).catch(fail);
	return started.promise;
}

function createBusboy(contentType: string): BusboyInstance {
	try {
		return new Busboy({
			headers: { "content-type": contentType },
			isPartAFile: (name) => name === "file",
			limits: {
				files: 1,
				fieldSize: maxFieldBytes + 1,
				headerSize: maxPartHeaderBytes,
			},
		});
	} catch {
		// The header names no boundary.
		throw malformed();
	}
}

const malformed = () =>
	new AwsError("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.");

const tooManyFieldBytes = () =>
	new AwsError(
		"MaxPostPreDataLengthExceededError",
		"Your POST request fields preceding the upload file were too large.",
	);

const repeatedField = (name: string) =>
	new AwsError("InvalidArgument", `The form has the field ${name} more than once.`);

const wrongNumberOfFiles = () =>
	new AwsError("IncorrectNumberOfFilesInPostRequest", "POST requires exactly one file upload per request.");
