import { setTimeout as sleep } from "node:timers/promises";
import { DeleteObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import sharp from "sharp";
import type { CognitoSession, CollectionsClient, Item } from "#client/index.ts";
import type { GrantsCloud } from "./grants-cloud.ts";

/** An operation of a user or of the system, followed from beginning to end. */
export interface GrantScenario {
	name: string;
	/** Matches the actions whose grants the scenario needs. @default `provesByDefault` */
	provesActions?: RegExp;
	/** @throws if the operation fails or the signal aborts */
	run(system: GrantsCloud, signal: AbortSignal): Promise<void>;
}

/** All but polling and logging, which never pause, and the limits, without whose table requests pass. */
export const provesByDefault = /^(?!logs:|sqs:|dynamodb:UpdateItem$)/;

/** Draws a picture that no other call returns. */
export async function picture(): Promise<Uint8Array<ArrayBuffer>> {
	const [r = 0, g = 0, b = 0] = crypto.getRandomValues(new Uint8Array(3));
	const noise = { type: "gaussian" as const, mean: 128, sigma: 30 };
	const bytes = await sharp({
		create: {
			width: 64,
			height: 48,
			channels: 3,
			background: { r, g, b },
			noise,
		},
	})
		.png()
		.toBuffer();
	return new Uint8Array(bytes);
}

export async function until(condition: string, signal: AbortSignal, holds: () => Promise<boolean>): Promise<void> {
	const end = Date.now() + 100_000;
	while (!(await holds())) {
		if (signal.aborted || Date.now() > end) throw new Error(`Timed out waiting until ${condition}.`);
		await sleep(25);
	}
}

export function check(holds: boolean, claim: string): void {
	if (!holds) throw new Error(`Expected that ${claim}.`);
}

export const stages = ["ImageProcessor", "Analyzer", "Embedder"];

/** Waits until the item is ready, its events are sent and the queues are empty. */
export async function ready(
	{ user, control, depth, queue }: GrantsCloud,
	id: string,
	signal: AbortSignal,
): Promise<Item> {
	await until("the item is ready", signal, async () => (await user.item(id)).status === "ready");
	await until("its events are sent", signal, async () => {
		const unsent = await control.sql("select 1 from outbox where item_id = $1", [id]);
		return unsent.length === 0;
	});
	for (const stage of stages) {
		await until(`the queue of ${stage} is empty`, signal, async () => (await depth(queue(`${stage}Queue`))) === 0);
	}
	return user.item(id);
}

export async function uploaded(system: GrantsCloud, signal: AbortSignal): Promise<Item> {
	const { id } = await system.user.upload("picture.png", await picture());
	return ready(system, id, signal);
}

export interface Form {
	item_id: string;
	url: string;
	fields: Record<string, string>;
}

export const announce = (user: CollectionsClient, bytes: Uint8Array) =>
	user.call<Form>("POST", "/uploads", {
		filename: "picture.png",
		content_type: "image/png",
		size: bytes.length,
	});

export async function send({ url, fields }: Form, bytes: Uint8Array<ArrayBuffer>) {
	const form = new FormData();
	for (const [name, value] of Object.entries(fields)) form.append(name, value);
	form.append("file", new Blob([bytes]), "picture");
	const { status } = await fetch(url, { method: "POST", body: form });
	check(status === 204, `the form is accepted (${status})`);
}

/** Runs the work while grants are withheld, to cause a fault. The end of the scenario restores them, too. */
export async function withholding(system: GrantsCloud, grants: RegExp, work: () => Promise<void>): Promise<void> {
	const restore = system.withhold(system.cloud.access.grants.filter(({ id }) => grants.test(id)));
	system.signal?.addEventListener("abort", restore);
	try {
		await work();
	} finally {
		restore();
	}
}

/** Matches the grant by which the bucket notifies the image processor. */
export const uploadNotifications = /ImageProcessorQueuePolicy.* sqs:SendMessage /;

/** Uploads by a form while the bucket's notification is withheld. */
export async function uploadWithoutNotification(system: GrantsCloud): Promise<Form> {
	const bytes = await picture();
	const form = await announce(system.user, bytes);
	await withholding(system, uploadNotifications, () => send(form, bytes));
	return form;
}

export async function exists({ s3, outputs }: GrantsCloud, Key: string | undefined): Promise<boolean> {
	return s3.send(new HeadObjectCommand({ Bucket: outputs.BucketName, Key })).then(
		() => true,
		(error: Error) => {
			if (error.name === "NotFound") return false;
			throw error;
		},
	);
}

export const put = ({ s3, outputs }: GrantsCloud, Key: string) =>
	s3.send(
		new PutObjectCommand({
			Bucket: outputs.BucketName,
			Key,
			Body: "left over",
		}),
	);

export const remove = ({ s3, outputs }: GrantsCloud, Key: string) =>
	s3.send(new DeleteObjectCommand({ Bucket: outputs.BucketName, Key }));

export const owner = ({ user }: GrantsCloud): string =>
	JSON.parse(Buffer.from((user.session as CognitoSession).idToken.split(".")[1] ?? "", "base64url").toString()).sub;

export const derivedOf = (system: GrantsCloud, id: string, name: string) => `derived/${owner(system)}/${id}/${name}`;

/** Matches also the actions of polling and delivering. */
export const pipeline = /^(?!logs:|dynamodb:UpdateItem$)/;
