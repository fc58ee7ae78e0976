import { AwsError, type AwsResponse, notImplemented, type SignedPolicy } from "../../endpoint/types.ts";
import type { State } from "../../state.ts";
import { requireKeyLength, type S3Call } from "./call.ts";
import { storedHeaders, versionHeader } from "./headers.ts";
import { putPermission } from "./permissions.ts";
import { readPostForm } from "./post-form.ts";
import { type PostPolicy, parsePolicy, requireConditions } from "./post-policy.ts";
import type { Buckets } from "./store.ts";
import { xmlResponse } from "./xml.ts";

/** Stores the file of a form if the policy in its fields allows it. */
export async function postObject(
	{ request, bucket, key: path }: S3Call,
	body: AsyncIterable<Buffer>,
	verify: (policy: SignedPolicy) => Promise<void>,
	buckets: Buckets,
	state: State,
): Promise<AwsResponse> {
	if (path) {
		throw new AwsError("MethodNotAllowed", "The specified method is not allowed against this resource.", 405);
	}
	if (request.headers["content-length"] === undefined) {
		throw new AwsError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411);
	}
	buckets.bucket(bucket);
	using form = await readPostForm(body, request.headers["content-type"] ?? "");
	const { fields } = form;

	if (!fields.has("policy")) {
		throw new AwsError("AccessDenied", "Access Denied", 403);
	}
	const key = required(fields, "key").replaceAll(
		/\$\{filename\}/g,
		// A function, since a file name may contain patterns such as $&.
		() => form.filename ?? "",
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
	// The address names the bucket; a field must not name another.
	if (!fields.has("bucket")) fields.set("bucket", bucket);
	if (fields.get("bucket") !== bucket) {
		throw new AwsError(
			"AccessDenied",
			`Invalid according to Policy: Policy Condition failed: ${JSON.stringify(["eq", "$bucket", fields.get("bucket")])}`,
			403,
		);
	}
	requireConditions(policy, fields, state.now());
	// The signer's current permissions apply, not those at signing.
	request.rights.require([putPermission(bucket, key)]);
	requireKeyLength(key);
	const headers = storableFields(fields);

	const draft = await buckets.files.write(withinLength(policy.length, form.file));
	try {
		await form.ended;
	} catch (error) {
		await buckets.files.remove([draft.file]);
		throw error;
	}
	const object = await buckets.put({
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
		etag: `"${object.etag}"`,
		...versionHeader(buckets, bucket, object.versionId),
	};
	switch (fields.get("success_action_status")) {
		case "201":
			return {
				...xmlResponse("PostResponse", { Location: location, Bucket: bucket, Key: key, ETag: answer.etag }, answer),
				status: 201,
			};
		case "200":
			return { status: 200, headers: answer };
		default:
			return { status: 204, headers: answer };
	}
}

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

/** Passes on the allowed bytes and counts the rest for the error. */
async function* withinLength(
	{ min, max }: PostPolicy["length"],
	content: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
	let size = 0;
	for await (const chunk of content) {
		size += chunk.length;
		if (size <= max) yield chunk;
	}
	if (size > max) {
		throw new AwsError(
			"EntityTooLarge",
			"Your proposed upload exceeds the maximum allowed size",
			400,
			{},
			{ ProposedSize: String(size), MaxSizeAllowed: String(max) },
		);
	}
	if (size < min) {
		throw new AwsError(
			"EntityTooSmall",
			"Your proposed upload is smaller than the minimum allowed size",
			400,
			{},
			{ ProposedSize: String(size), MinSizeAllowed: String(min) },
		);
	}
}

/** Fields that control the upload and are not stored with the object. */
const controlFields =
	/^(key|bucket|policy|success_action_status|x-amz-(algorithm|credential|date|signature|security-token)|x-ignore-.*)$/;

function storableFields(fields: Map<string, string>): Record<string, string> {
	const stored: Record<string, string> = {};
	for (const [name, value] of fields) {
		if (controlFields.test(name)) continue;
		if (!storedHeaders.includes(name) && !name.startsWith("x-amz-meta-")) {
			throw notImplemented(`The form field ${name}`);
		}
		stored[name] = value;
	}
	return stored;
}
