import { AdminDeleteUserCommand, CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { type ApiProblem, CollectionsClient, type Item } from "#client/index.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import { drawSampleImages } from "#tools/samples/sample-images.ts";
import { unlessGone } from "../deploy/retained.ts";
import { unlessInterrupted } from "../environment/interruption.ts";
import type { Check } from "./check.ts";

export const api: Check[] = [
	{
		name: "Cognito pool and token",
		async run(inspection) {
			const { target, outputs, id, afterwards } = inspection;
			const email = `infra-test-${id}@example.com`;
			const password = `${id}-Aa1`;
			const cognito = new CognitoIdentityProviderClient(target.client);
			afterwards(() =>
				unlessGone("UserNotFoundException", () =>
					cognito.send(
						new AdminDeleteUserCommand({
							UserPoolId: outputs.UserPoolId,
							Username: email,
						}),
					),
				),
			);
			await ensureUser(outputs, target.client.credentials, email, password);
			const session = await signIn(outputs, email, password);
			inspection.signedIn = new CollectionsClient({ apiUrl: outputs.ApiUrl, session });
			const claims = JSON.parse(Buffer.from(session.idToken.split(".")[1] ?? "", "base64url").toString());
			if (claims.iss !== outputs.TokenIssuer || claims.aud !== outputs.CliClientId) {
				throw new Error(`the token has issuer ${claims.iss} and audience ${claims.aud}`);
			}
			return "a new user signed in";
		},
	},
	{
		name: "API without a token",
		async run({ outputs }) {
			const status = async (path: string) => (await fetch(new URL(path, outputs.ApiUrl))).status;
			const statuses = [await status("/items"), await status("/health"), await status("/no-such-path")].join(", ");
			if (statuses !== "401, 200, 404") {
				throw new Error(`/items, /health and an unknown path answered ${statuses} instead of 401, 200, 404`);
			}
			return "401 for items, 200 for health, 404 for an unknown path";
		},
	},
	{
		name: "API with a token",
		async run(inspection) {
			const { items } = await inspection.user().call<{ items: unknown[] }>("GET", "/items");
			if (items.length > 0) {
				throw new Error(`a new user sees ${items.length} items`);
			}
			return "a new user has no items";
		},
	},
	{
		name: "an image, end to end",
		async run(inspection) {
			const client = inspection.user();
			const [sample] = await drawSampleImages();
			if (!sample) throw new Error("no sample image was drawn");
			const deleteItem = (id: string) => client.call("DELETE", `/items/${id}`);
			inspection.afterwards(async () => {
				for (const path of ["/items", "/items?status=pending"]) {
					const { items } = await client.call<{ items: Item[] }>("GET", path);
					for (const { id } of items) await deleteItem(id);
				}
			});
			const { id } = await client.upload(sample.filename, new Uint8Array(sample.bytes));
			const { status, error, thumbnail_url } = await unlessInterrupted(
				inspection.interruption,
				client.settled(id, 180),
			);
			if (status !== "ready") throw new Error(`the item is ${status}: ${error?.detail}`);
			const thumbnail = await fetch(thumbnail_url ?? "");
			if (!thumbnail.ok) throw new Error(`the thumbnail's URL answered ${thumbnail.status}`);
			const { results } = await client.search(sample.word);
			if (results[0]?.item_id !== id) {
				throw new Error(`a search for ${sample.word} does not find the image`);
			}
			await deleteItem(id);
			const statusAfterDelete = await client.item(id).then(
				() => 200,
				(problem) => (problem as ApiProblem).status,
			);
			if (statusAfterDelete !== 404) throw new Error(`the deleted item answers ${statusAfterDelete} instead of 404`);
			return `uploaded, described, found by "${sample.word}", deleted`;
		},
	},
];
