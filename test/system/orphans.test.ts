import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { S3Client } from "@aws-sdk/client-s3";
import { BatchWriteCommand, DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hourly } from "#lambdas/cleanup/schedule.ts";
import {
	type Backend,
	documentClient,
	incompressibleText,
	listItems,
	listObjects,
	putValues,
	testSavers,
	threadConfig,
} from "../support/checkpoint-saver.ts";
import { OwnCloud } from "./own-cloud.ts";

let cloud: OwnCloud;
const large = 600_000;

beforeAll(async () => {
	cloud = await OwnCloud.start();
});
afterAll(() => cloud?.remove());

test("the cleanup function removes a payload without a checkpoint after an hour, and keeps all others", async () => {
	const { client, outputs } = cloud;
	const tidy = () => cloud.invoke(outputs.CleanupFunctionName, hourly);
	const backend: Backend = {
		client,
		dynamodb: documentClient(client),
		s3: new S3Client({ ...client, forcePathStyle: true }),
		table: String(outputs.CheckpointTableName),
		bucket: outputs.BucketName,
		stop: async () => {},
	};
	const newUser = async (email: string) => {
		const rest = await cloud.newUser(email);
		const claims = Buffer.from((await rest.session.token()).split(".")[1] ?? "", "base64url");
		const savers = testSavers(backend, JSON.parse(claims.toString()).sub);
		savers.clock.now = Date.now();
		return { ...savers, rest };
	};
	const ada = await newUser("ada@example.com");
	const bob = await newUser("bob@example.com");
	/** Crashes between the write of a payload and of the item that refers to it. */
	const crashMidWrite = async (session: string) => {
		const crashing = ada.open({
			dynamodb: {
				send: ((command: object) =>
					command instanceof BatchWriteCommand
						? Promise.reject(new Error("killed"))
						: backend.dynamodb.send(command as never)) as never,
			},
		});
		const head = await ada.open().getTuple(threadConfig(session));
		await expect(putValues(crashing, head?.config ?? {}, { lost: incompressibleText(large) })).rejects.toThrow(
			"killed",
		);
	};

	for (const { open } of [ada, bob]) {
		await putValues(open(), threadConfig("trip"), {
			used: incompressibleText(large),
		});
	}
	await crashMidWrite("trip");
	// Deletes the thread's items like DynamoDB's expiry.
	await putValues(ada.open(), threadConfig("expired"), {
		gone: incompressibleText(large),
	});
	for (const { pk, sk } of await listItems(backend, ada.owner, ["expired"])) {
		await backend.dynamodb.send(
			new DeleteCommand({
				TableName: backend.table,
				Key: { pk, sk },
			}),
		);
	}
	await putValues(ada.open(), threadConfig("forgotten"), {
		gone: incompressibleText(large),
	});
	expect(await listObjects(backend, ada.owner)).toHaveLength(4);
	await ada.rest.call("DELETE", "/chat/sessions/forgotten");
	expect(await listObjects(backend, ada.owner)).toHaveLength(3);
	// All are younger than an hour: a writer may still refer to them.
	expect(await tidy()).toMatchObject({ seen: 4, removed: 0 });

	await cloud.stop();
	const state = new DatabaseSync(path.join(cloud.stateDir, "state.db"));
	const { changes } = state
		.prepare("update objects set modified_at = modified_at - 7200000 where key like 'checkpoints/%'")
		.run();
	state.close();
	expect(changes).toBe(4);
	await cloud.restart();

	await crashMidWrite("trip");
	expect(await tidy()).toMatchObject({ seen: 5, removed: 2 });
	// The payload in use, and the recent orphan.
	expect(await listObjects(backend, ada.owner)).toHaveLength(2);
	expect(await listObjects(backend, bob.owner)).toHaveLength(1);
	for (const { open } of [ada, bob]) {
		const tuple = await open().getTuple(threadConfig("trip"));
		expect(String(tuple?.checkpoint.channel_values.used).length).toBe(large);
	}
	expect(await tidy()).toMatchObject({ seen: 3, removed: 0 });
}, 120_000);
