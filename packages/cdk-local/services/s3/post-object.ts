import {
	AwsError,
	type AwsResponse,
	notImplemented,
	type SignedPolicy,
} from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import type { S3Call } from "./api.ts";
import { type FormPart, formParts } from "./multipart.ts";
import { storedHeaders, versionHeader } from "./objects.ts";
import { putting } from "./permissions.ts";
import { checkFields, type PostPolicy, parsePolicy } from "./post-policy.ts";
import type { Buckets } from "./store.ts";
import { xmlResponse } from "./xml.ts";

/** S3 reads this much of a form before its file. */
const maxFields = 20 * 1024;

/** Stores the file of a form, where the policy in its fields allows exactly that. */
export async function postObject(
	{ request, bucket, key: path }: S3Call,
	body: AsyncIterable<Buffer>,
	verify: (policy: SignedPolicy) => Promise<void>,
	buckets: Buckets,
	state: State,
): Promise<AwsResponse> {
	if (path) {
		throw new AwsError(
			"MethodNotAllowed",
			"The specified method is not allowed against this resource.",
			405,
		);
	}
	if (request.headers["content-length"] === undefined) {
		throw new AwsError(
			"MissingContentLength",
			"You must provide the Content-Length HTTP header.",
			411,
		);
	}
	buckets.bucket(bucket);
	const parts = formParts(body, request.headers["content-type"] ?? "");
	const { fields, file } = await readFields(parts);

	if (!fields.has("policy")) {
		throw new AwsError("AccessDenied", "Access Denied", 403);
	}
	const key = required(fields, "key").replaceAll(
		/\$\{filename\}/g,
		// Some browsers give a path.
		() => file.filename?.replace(/^.*[/\\]/s, "") ?? "",
	);
	fields.set("key", key);
	await verify({
		policy: required(fields, "policy"),
		algorithm: required(fields, "X-Amz-Algorithm"),
		credential: required(fields, "X-Amz-Credential"),
		time: required(fields, "X-Amz-Date"),
		signature: required(fields, "X-Amz-Signature"),
		token: fields.get("x-amz-security-token"),
	});
	const policy = parsePolicy(required(fields, "policy"));
	// The bucket is the one that is posted to; a field that names another is another form.
	if (!fields.has("bucket")) fields.set("bucket", bucket);
	if (fields.get("bucket") !== bucket) {
		throw new AwsError(
			"AccessDenied",
			`Invalid according to Policy: Policy Condition failed: ${JSON.stringify(["eq", "$bucket", fields.get("bucket")])}`,
			403,
		);
	}
	checkFields(policy, fields, state.now());
	// A form can do what its signer may do by then.
	request.rights.require([putting(bucket, key)]);
	if (Buffer.byteLength(key) > 1024) {
		throw new AwsError("KeyTooLongError", "Your key is too long");
	}
	const headers = keptFields(fields);

	const draft = await buckets.draft(upTo(policy.length, file.content));
	try {
		for await (const { name } of parts) {
			if (name === "file") throw wrongNumberOfFiles();
		}
	} catch (error) {
		await buckets.discard(draft);
		throw error;
	}
	const stored = await buckets.put({
		bucket,
		key,
		bytes: draft,
		headers,
		requestId: request.requestId,
		reason: "PostObject",
	});
	const location = `${state.endpoint}/${bucket}/${encodeURIComponent(key)}`;
	const answer = {
		location,
		etag: `"${stored.etag}"`,
		...versionHeader(buckets, bucket, stored.versionId),
	};
	switch (fields.get("success_action_status")) {
		case "201":
			return {
				...xmlResponse(
					"PostResponse",
					{ Location: location, Bucket: bucket, Key: key, ETag: answer.etag },
					answer,
				),
				status: 201,
			};
		case "200":
			return { status: 200, headers: answer };
		default:
			return { status: 204, headers: answer };
	}
}

/** The fields before the file, by lower-case name, and the file, not read yet. */
async function readFields(parts: AsyncGenerator<FormPart>) {
	const fields = new Map<string, string>();
	let size = 0;
	for (;;) {
		const { done, value: part } = await parts.next();
		if (done) throw wrongNumberOfFiles();
		if (part.name === "file") return { fields, file: part };
		const chunks: Buffer[] = [];
		size += part.name.length;
		for await (const chunk of part.content) {
			size += chunk.length;
			if (size > maxFields) {
				throw new AwsError(
					"MaxPostPreDataLengthExceededError",
					"Your POST request fields preceding the upload file were too large.",
				);
			}
			chunks.push(chunk);
		}
		const name = part.name.toLowerCase();
		if (fields.has(name)) {
			throw new AwsError(
				"InvalidArgument",
				`The form has the field ${part.name} more than once.`,
			);
		}
		fields.set(name, Buffer.concat(chunks).toString());
	}
}

const wrongNumberOfFiles = () =>
	new AwsError(
		"IncorrectNumberOfFilesInPostRequest",
		"POST requires exactly one file upload per request.",
	);

function required(fields: Map<string, string>, name: string): string {
	const value = fields.get(name.toLowerCase());
	if (value === undefined) {
		throw new AwsError(
			"InvalidArgument",
			`Bucket POST must contain a field named '${name}'.  If it is specified, please check the order of the fields.`,
			400,
			{},
			{ ArgumentName: name, ArgumentValue: "" },
		);
	}
	return value;
}

/** Lets no more than the allowed bytes through, and counts the rest for the refusal. */
async function* upTo(
	{ least, most }: PostPolicy["length"],
	content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
	let size = 0;
	for await (const chunk of content) {
		size += chunk.length;
		if (size <= most) yield chunk;
	}
	if (size > most) {
		throw new AwsError(
			"EntityTooLarge",
			"Your proposed upload exceeds the maximum allowed size",
			400,
			{},
			{ ProposedSize: String(size), MaxSizeAllowed: String(most) },
		);
	}
	if (size < least) {
		throw new AwsError(
			"EntityTooSmall",
			"Your proposed upload is smaller than the minimum allowed size",
			400,
			{},
			{ ProposedSize: String(size), MinSizeAllowed: String(least) },
		);
	}
}

/** Fields that say how the upload is done, not what is kept with the object. */
const ofTheUpload =
	/^(key|bucket|policy|success_action_status|x-amz-(algorithm|credential|date|signature|security-token)|x-ignore-.*)$/;

function keptFields(fields: Map<string, string>): Record<string, string> {
	const kept: Record<string, string> = {};
	for (const [name, value] of fields) {
		if (ofTheUpload.test(name)) continue;
		if (!storedHeaders.includes(name) && !name.startsWith("x-amz-meta-")) {
			throw notImplemented(`The form field ${name}`);
		}
		kept[name] = value;
	}
	return kept;
}
