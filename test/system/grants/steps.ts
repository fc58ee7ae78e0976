import { setTimeout as sleep } from "node:timers/promises";
import {
	DeleteObjectCommand,
	HeadObjectCommand,
	PutObjectCommand,
} from "@aws-sdk/client-s3";
import sharp from "sharp";
import type { ItemBody, RestClient } from "#cli/rest-client.ts";
import type { GrantsCloud } from "./grants-cloud.ts";

/** Something a person or the system does that is seen to succeed, from beginning to end. */
export interface GrantScenario {
	name: string;
	/** Which calls it speaks for: polling and logging go on all the time, so most acts say nothing of them. */
	speaksFor?: RegExp;
	/** @throws where it does not succeed; looks no longer when the signal aborts */
	run(world: GrantsCloud, signal: AbortSignal): Promise<void>;
}

/** A picture that no other call gives. */
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

export async function until(
	what: string,
	signal: AbortSignal,
	holds: () => Promise<boolean>,
): Promise<void> {
	const end = Date.now() + 30_000;
	while (!(await holds())) {
		if (signal.aborted || Date.now() > end)
			throw new Error(`Never so: ${what}.`);
		await sleep(25);
	}
}

export function check(holds: boolean, what: string): void {
	if (!holds) throw new Error(`Not so: ${what}.`);
}

export const stages = ["ImageProcessor", "Analyzer", "Embedder"];

/** Ready, with nothing left to do or to say about it. */
export async function ready(
	{ user, control, depth, queue }: GrantsCloud,
	id: string,
	signal: AbortSignal,
): Promise<ItemBody> {
	await until(
		"the item is ready",
		signal,
		async () => (await user.item(id)).status === "ready",
	);
	await until("its events are sent", signal, async () => {
		const unsent = await control.sql(
			"select 1 from outbox where item_id = $1",
			[id],
		);
		return unsent.length === 0;
	});
	for (const stage of stages) {
		await until(
			`the queue of ${stage} is empty`,
			signal,
			async () => (await depth(queue(`${stage}Queue`))) === 0,
		);
	}
	return user.item(id);
}

export async function uploaded(
	world: GrantsCloud,
	signal: AbortSignal,
): Promise<ItemBody> {
	const { id } = await world.user.upload("picture.png", await picture());
	return ready(world, id, signal);
}

export interface Form {
	item_id: string;
	url: string;
	fields: Record<string, string>;
}

export const announce = (user: RestClient, bytes: Uint8Array) =>
	user.call<Form>("POST", "/uploads", {
		filename: "picture.png",
		content_type: "image/png",
		size: bytes.length,
	});

export async function send(
	{ url, fields }: Form,
	bytes: Uint8Array<ArrayBuffer>,
) {
	const form = new FormData();
	for (const [name, value] of Object.entries(fields)) form.append(name, value);
	form.append("file", new Blob([bytes]), "picture");
	const { status } = await fetch(url, { method: "POST", body: form });
	check(status === 204, `the form is taken (${status})`);
}

/** Does something while grants are taken away: how acts make a fault. */
export async function without(
	{ cloud }: GrantsCloud,
	grants: RegExp,
	work: () => Promise<void>,
): Promise<void> {
	const taken = cloud.access.grants.filter(
		({ id, withheld }) => grants.test(id) && !withheld,
	);
	for (const grant of taken) grant.withheld = true;
	try {
		await work();
	} finally {
		for (const grant of taken) grant.withheld = false;
	}
}

/** What of the bucket is announced to the image processor. */
export const announcements = /ImageProcessorQueuePolicy.* sqs:SendMessage /;

/** Its bytes arrive and nobody is told. */
export async function unannounced(world: GrantsCloud): Promise<Form> {
	const bytes = await picture();
	const form = await announce(world.user, bytes);
	await without(world, announcements, () => send(form, bytes));
	return form;
}

export async function exists(
	{ s3, outputs }: GrantsCloud,
	Key: string | undefined,
): Promise<boolean> {
	return s3
		.send(new HeadObjectCommand({ Bucket: outputs.BucketName, Key }))
		.then(
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
	JSON.parse(
		Buffer.from(user.token.split(".")[1] ?? "", "base64url").toString(),
	).sub;

export const derivedOf = (world: GrantsCloud, id: string, name: string) =>
	`derived/${owner(world)}/${id}/${name}`;

/** Of acts that speak for polling and delivering, too. */
export const pipeline = /^(?!logs:)/;
