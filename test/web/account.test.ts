import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
	AdminCreateUserCommand,
	CognitoIdentityProviderClient,
	InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { codeAt, stepAt } from "#cdk-local/services/cognito/totp.ts";
import type { CollectionsClient, Item } from "#client/index.ts";
import {
	clientOf,
	codeFor,
	localCloud,
	newPerson,
	openBrowser,
	type PictureFile,
	password,
	samplePictures,
	sizes,
	test,
	Visitor,
} from "./visitor.ts";

let browser: Browser;
beforeAll(async () => {
	browser = await openBrowser();
});
afterAll(() => browser.close());

async function userPool(): Promise<CognitoIdentityProviderClient> {
	const { outputs, operator } = await localCloud();
	return new CognitoIdentityProviderClient({
		region: outputs.Region,
		endpoint: outputs.CognitoEndpoint,
		credentials: operator,
	});
}

/** The browser reports each refused request; the page shows the sentence. */
const refused = /status of 400/;

test.each(["phone", "desk"] as const)(
	"on a %s a person signs up, confirms by code, and is in an empty library",
	async (size) => {
		const visitor = await Visitor.open(browser, { size });
		const { page } = visitor;
		const email = `new-${size}@example.com`;
		await page.goto("/");
		await page.getByRole("link", { name: "Create an account" }).click();
		// The sign-in, which stays until the form is there, has fields of the same names.
		await page.getByRole("heading", { name: "Create an account" }).waitFor();
		await page.getByLabel("Email address").fill(email);
		await page.getByRole("textbox", { name: "Password" }).fill(password);
		await page.getByRole("button", { name: "Create account" }).click();
		await page.getByRole("heading", { name: "Check your email" }).waitFor();
		await page.getByLabel("Code from the email").fill(await codeFor(email));
		await page.getByRole("button", { name: "Confirm" }).click();
		await page.getByRole("heading", { name: "Your collection is empty" }).waitFor();
		await page.reload();
		await page.getByRole("heading", { name: "Your collection is empty" }).waitFor();
		await visitor.close();
	},
);

test("a wrong password is refused with a sentence, and a forgotten one is replaced by code", async () => {
	const email = await newPerson("forgetful@example.com");
	const visitor = await Visitor.open(browser, { expected: refused });
	const { page } = visitor;
	await page.goto("/sign-in");
	await page.getByLabel("Email address").fill(email);
	await page.getByRole("textbox", { name: "Password" }).fill("wrong-Horse-9");
	await page.getByRole("button", { name: "Sign in", exact: true }).click();
	await page.getByText("The address or the password is wrong.").waitFor();
	await page.getByRole("link", { name: "Forgot your password?" }).click();
	await page.getByRole("button", { name: "Send code" }).waitFor();
	await expect.poll(() => page.getByLabel("Email address").inputValue()).toBe(email);
	await page.getByRole("button", { name: "Send code" }).click();
	await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
	await page.getByLabel("Code from the email").fill(await codeFor(email));
	await page.getByRole("textbox", { name: "New password" }).fill("fresh-Horse-10");
	await page.getByRole("button", { name: "Set password" }).click();
	await page.getByRole("heading", { name: "Sign in" }).waitFor();
	await page.getByRole("textbox", { name: "Password" }).fill("fresh-Horse-10");
	await page.getByRole("button", { name: "Sign in", exact: true }).click();
	await page.getByRole("heading", { name: "Your collection is empty" }).waitFor();
	await visitor.close();
});

test("an invited person chooses a password of their own at the first sign-in", async () => {
	const { outputs } = await localCloud();
	await (await userPool()).send(
		new AdminCreateUserCommand({
			UserPoolId: outputs.UserPoolId,
			Username: "invited@example.com",
			TemporaryPassword: "first-Horse-9",
			MessageAction: "SUPPRESS",
			UserAttributes: [
				{ Name: "email", Value: "invited@example.com" },
				{ Name: "email_verified", Value: "true" },
			],
		}),
	);
	const visitor = await Visitor.open(browser);
	const { page } = visitor;
	await page.goto("/sign-in");
	await page.getByLabel("Email address").fill("invited@example.com");
	await page.getByRole("textbox", { name: "Password" }).fill("first-Horse-9");
	await page.getByRole("button", { name: "Sign in", exact: true }).click();
	await page.getByRole("textbox", { name: "New password" }).fill("chosen-Horse-10");
	await page.getByRole("button", { name: "Continue" }).click();
	await page.getByRole("heading", { name: "Your collection is empty" }).waitFor();
	await visitor.close();
});

test("an expired token is renewed without a word, and signing out in one tab ends the other's session", async () => {
	const visitor = await Visitor.open(browser);
	const { page, context } = visitor;
	await visitor.signIn(await newPerson("tabs@example.com"));
	const before = await page.evaluate(expireToken);
	await page.reload();
	await page.getByRole("heading", { name: "Your collection is empty" }).waitFor();
	const refreshToken = async () => {
		const tokens = await page.evaluate(() => localStorage.getItem("collections.tokens"));
		return JSON.parse(tokens ?? "{}").refreshToken;
	};
	await expect.poll(refreshToken, { timeout: 30_000 }).not.toBe(before);
	const other = await context.newPage();
	await other.goto("/");
	await other.getByRole("heading", { name: "Your collection is empty" }).waitFor();
	await page.getByRole("button", { name: "Sign out" }).click();
	await page.getByRole("heading", { name: "Sign in" }).waitFor();
	await other.getByRole("heading", { name: "Sign in" }).waitFor();
	await visitor.close();
});

/** Stores a token that looks expired, as after an hour. @returns the refresh token */
function expireToken(): string {
	const tokens = JSON.parse(localStorage.getItem("collections.tokens") ?? "");
	const [header, payload, signature] = tokens.idToken.split(".");
	const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
	tokens.idToken = [header, btoa(JSON.stringify({ ...claims, exp: 1 })), signature].join(".");
	localStorage.setItem("collections.tokens", JSON.stringify(tokens));
	return tokens.refreshToken;
}

test("a code of an authenticator app follows the password of whoever turns that on", async () => {
	const visitor = await Visitor.open(browser, { expected: refused });
	const { page } = visitor;
	const email = await newPerson("careful@example.com");
	await visitor.signIn(email);
	await page.getByRole("link", { name: "Settings" }).click();
	await page.getByRole("button", { name: "Turn on" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByRole("img", { name: /^QR code/ }).waitFor();
	const secret = (await dialog.locator("code").innerText()).replaceAll(" ", "");
	const codeIn = (steps: number) => codeAt(secret, stepAt(Date.now()) + steps);
	await dialog.getByLabel("Code from the app").fill(codeIn(0));
	await dialog.getByRole("button", { name: "Turn on" }).click();
	await page.getByText("The second step is on.").waitFor();

	await page.getByRole("button", { name: "Sign out" }).first().click();
	await page.getByLabel("Email address").fill(email);
	await page.getByRole("textbox", { name: "Password" }).fill(password);
	await page.getByRole("button", { name: "Sign in", exact: true }).click();
	const code = page.getByLabel("Code from the app");
	await code.fill(codeIn(5));
	await page.getByRole("button", { name: "Continue" }).click();
	await page.getByText("The code is wrong.").waitFor();
	await code.fill(codeIn(1));
	await page.getByRole("button", { name: "Continue" }).click();
	await page.getByRole("button", { name: "Turn off" }).waitFor();
	await visitor.close();
});

test("a webhook is added with its secret, told of a test, and deleted", async () => {
	const receiver = createServer((_, response) => response.writeHead(204).end()).listen(0, "127.0.0.1");
	await once(receiver, "listening");
	const visitor = await Visitor.open(browser, { size: "phone" });
	const { page } = visitor;
	try {
		await visitor.signIn(await newPerson("programmer@example.com"));
		await page.getByRole("link", { name: "Settings" }).click();
		await page.getByRole("button", { name: "Add webhook" }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByLabel("Address").fill("no address");
		await dialog.getByRole("button", { name: "Add webhook" }).click();
		await dialog.getByText(/enter a URL/i).waitFor();
		const { port } = receiver.address() as AddressInfo;
		await dialog.getByLabel("Address").fill(`http://127.0.0.1:${port}/collections`);
		await dialog.getByText("Deleted").click();
		await dialog.getByRole("button", { name: "Add webhook" }).click();
		expect(await dialog.getByLabel("Secret").inputValue()).toMatch(/^whsec_/);
		await dialog.getByRole("button", { name: "Close" }).last().click();
		await page.getByText("Ready · Failed").waitFor();
		// The hint of a button says the whole address.
		expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(sizes.phone.width);
		await page.getByRole("button", { name: "Send a test" }).click();
		await page.getByText(/^Answered 204/).waitFor();
		await page.getByRole("button", { name: /^Delete the webhook/ }).click();
		await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
		await page.getByText("Ready · Failed").waitFor({ state: "detached" });
		await visitor.close();
	} finally {
		receiver.close();
	}
});

test("everything is exported, and its archive is there after a reload", async () => {
	const visitor = await Visitor.open(browser, { size: "phone" });
	const { page } = visitor;
	await visitor.signIn(await newPerson("leaving@example.com"));
	await page.getByRole("link", { name: "Settings" }).click();
	await page.getByRole("button", { name: "Export everything" }).click();
	await page.getByRole("link", { name: /^library-000000\.tar/ }).waitFor();
	await page.reload();
	const file = page.getByRole("link", { name: "manifest.json" });
	const response = await fetch(String(await file.getAttribute("href")));
	const { counts } = (await response.json()) as { counts: object };
	expect(counts).toMatchObject({ items: 0, left_out: 0 });
	await visitor.expectAccessible();
	await visitor.close();
});

test("an archive of one person is imported by another, once, and a bad one is refused with a sentence", async () => {
	const [picture] = await samplePictures();
	const sender = await newPerson("sender@example.com", [picture as PictureFile]);
	const { files, archivedItem } = await exportOf(sender);
	const visitor = await Visitor.open(browser, { size: "phone" });
	const { page } = visitor;
	await visitor.signIn(await newPerson("receiver@example.com"));
	await page.getByRole("link", { name: "Settings" }).click();
	const choose = async (chosen: PictureFile[]) => {
		const chooser = page.waitForEvent("filechooser");
		await page.getByRole("button", { name: "Choose the archive’s files" }).click();
		await (await chooser).setFiles(
			chosen.map(({ name, bytes }) => ({ name, mimeType: "application/x-tar", buffer: Buffer.from(bytes) })),
		);
	};
	const changed = (name: string, change: (bytes: Buffer) => Uint8Array) =>
		files.map((file) => (file.name === name ? { name, bytes: change(Buffer.from(file.bytes)) } : file));
	await choose(files.filter(({ name }) => name !== "items-000000.tar"));
	await page.getByText("items-000000.tar is missing.").waitFor();
	await choose([{ name: "picture.tar", bytes: (picture as PictureFile).bytes }]);
	await page.getByText("The files you chose are no archive of Collections").waitFor();
	await choose(
		changed("manifest.json", (bytes) => Buffer.from(bytes.toString().replace("albums.json", "../etc/passwd"))),
	);
	await page.getByText("manifest.json cannot be trusted").waitFor();
	await choose(changed("items-000000.tar", (bytes) => bytes.subarray(0, 3_000)));
	await page.getByText("items-000000.tar is cut off or damaged.").waitFor();
	await choose(
		changed("items-000000.tar", (bytes) => {
			// In the picture, which ends before the end of the tar file and its padding.
			bytes.writeUInt8(bytes.readUInt8(bytes.length - 4_096) ^ 1, bytes.length - 4_096);
			return bytes;
		}),
	);
	await page.getByText("Its bytes are not those of the manifest.").waitFor();
	expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(sizes.phone.width);
	await visitor.expectAccessible();
	// Stopped while the manifest is read, it stays so when the reading ends.
	await page.evaluate(`globalThis.read = Blob.prototype.stream;
		Blob.prototype.stream = function () {
			const bytes = read.call(this);
			const { readable, writable } = new TransformStream();
			globalThis.goOn = () => bytes.pipeTo(writable);
			return readable;
		};`);
	await choose(files);
	await page.getByRole("button", { name: "Stop" }).click();
	await page.getByText("Stopped. What is in stays").waitFor();
	await page.evaluate("Blob.prototype.stream = read; goOn().then(() => new Promise((done) => setTimeout(done, 200)))");
	await choose(files);
	await page.getByText("New pictures: 1. Here already: 0. Albums: 1.").waitFor();
	await choose(files);
	await page.getByText("New pictures: 0. Here already: 1. Albums: 1.").waitFor();
	const receiver = await clientOf("receiver@example.com");
	expect(await receiver.settled((await firstItem(receiver)).id)).toMatchObject({
		status: "ready",
		file_size: archivedItem.file_size,
		latest_analysis: { summary: archivedItem.latest_analysis?.summary },
		tags: ["from the sender"],
	});
	await page.getByRole("link", { name: "Library" }).click();
	await page.getByRole("gridcell").first().waitFor();
	await page.getByRole("link", { name: "Settings" }).click();
	await page.getByRole("link", { name: /^Tags/ }).click();
	await page.getByText("from the sender").waitFor();
	await visitor.close();
});

async function firstItem(client: CollectionsClient): Promise<Item> {
	for await (const item of client.items()) return item;
	throw new Error("The person has no items.");
}

/** Tags a person's only item, puts it into an album, and exports everything. @returns the archive's files as a browser saves them */
async function exportOf(email: string): Promise<{ files: PictureFile[]; archivedItem: Item }> {
	const client = await clientOf(email);
	const { id } = await firstItem(client);
	await client.call("PATCH", `/items/${id}`, { tags: ["from the sender"] });
	const album = await client.call<{ id: string }>("POST", "/albums", { name: "Sent" });
	await client.call("PUT", `/albums/${album.id}/items`, { ids: [id] });
	const { id: jobId } = await client.call<{ id: string }>("POST", "/account/export");
	const job = async () => client.call<{ state: string; result_url: string }>("GET", `/jobs/${jobId}`);
	await expect.poll(async () => (await job()).state, { timeout: 60_000 }).toBe("done");
	const { parts } = await client.call<{ parts: { name: string; url: string }[] }>("GET", `/jobs/${jobId}/parts`);
	const addresses = [{ name: "manifest.json", url: (await job()).result_url }, ...parts];
	const files = addresses.map(async ({ name, url }) => ({ name, bytes: await (await fetch(url)).bytes() }));
	return { files: await Promise.all(files), archivedItem: await client.item(id) };
}

test.each(["phone", "desk"] as const)(
	"on a %s a person signs in with Google, is linked on the way, and leaves the hosted pages with the app",
	async (size) => {
		const visitor = await Visitor.open(browser, { size, settings: { bypassCSP: true, serviceWorkers: "block" } });
		const { page } = visitor;
		const hosted = await hostedPages(visitor, await newPerson(`google-${size}@example.com`));
		await page.goto("/albums");
		await visitor.expectAccessible();
		// No word of a link that nobody asked for.
		await page.goto("/sign-in/google?error=x&error_description=Call+0900");
		await page.getByText("The sign-in with Google was not completed.").waitFor();
		await visitor.expectAccessible();
		await page.getByRole("link", { name: "Sign in instead" }).click();

		hosted.answers.push({ error_description: "PreSignUp failed with error There is no account. " });
		await page.getByRole("button", { name: "Continue with Google" }).click();
		await page.getByText("There is no account.").waitFor();
		await page.goto("/albums");
		hosted.answers.push({ error_description: "Already found an entry for username google_1076" });
		await page.getByRole("button", { name: "Continue with Google" }).click();
		await page.getByRole("heading", { name: "No albums yet" }).waitFor();
		const asked = hosted.authorizations.map((parameters) => parameters.get("prompt"));
		expect(asked).toEqual(["select_account", "select_account", null]);
		expect(hosted.exchanges).toBe(1);

		await page.getByRole("link", { name: "Library", exact: true }).click();
		await page.getByRole("heading", { name: "Your collection is empty" }).waitFor();
		const renewed = page.waitForRequest((request) =>
			(request.headers()["x-amz-target"] ?? "").endsWith("FromRefreshToken"),
		);
		await page.evaluate(expireToken);
		await page.reload();
		await renewed;
		await page.getByRole("heading", { name: "Your collection is empty" }).waitFor();
		await page.getByRole("link", { name: "Settings" }).click();
		await page.getByRole("button", { name: "Sign out", exact: true }).last().click();
		await page.getByRole("heading", { name: "Sign in" }).waitFor();
		await expect.poll(() => hosted.leaves).toBe(1);
		await visitor.close();
	},
);

/**
 * Plays the user pool's hosted pages, which the local cloud lacks: they answer with a person's real tokens. The window
 * has no policy, which names no hosted pages there, and no worker, which would read the configuration past this.
 */
async function hostedPages({ context }: Visitor, email: string) {
	const { outputs } = await localCloud();
	const signInUrl = "https://acme-collections.auth.us-east-1.amazoncognito.com";
	const webUrl = String(outputs.WebUrl).replace(/\/$/, "");
	const clientId = String(outputs.WebClientId);
	const played = { authorizations: [] as URLSearchParams[], answers: [] as object[], exchanges: 0, leaves: 0 };
	await context.route("**/config.json", async (route) => {
		const json = await (await route.fetch()).json();
		await route.fulfill({ json: { ...json, google: { signInUrl, issuer: outputs.TokenIssuer } } });
	});
	const leadTo = (address: string, parameters: object = {}) => ({
		status: 302,
		headers: { location: `${address}?${new URLSearchParams({ ...parameters })}` },
	});
	await context.route(`${signInUrl}/oauth2/authorize?*`, async (route) => {
		const parameters = new URL(route.request().url()).searchParams;
		played.authorizations.push(parameters);
		const redirectUri = `${webUrl}/sign-in/google`;
		expect(Object.fromEntries(parameters)).toMatchObject({
			response_type: "code",
			client_id: clientId,
			redirect_uri: redirectUri,
			scope: "openid email aws.cognito.signin.user.admin",
			identity_provider: "Google",
			code_challenge: expect.stringMatching(/^[\w-]{43}$/),
			code_challenge_method: "S256",
		});
		const state = parameters.get("state");
		const refusal = played.answers.shift();
		const answer = refusal ? { error: "invalid_request", ...refusal } : { code: "a-code" };
		await route.fulfill(leadTo(redirectUri, { ...answer, state }));
	});
	await context.route(`${signInUrl}/oauth2/token`, async (route) => {
		played.exchanges += 1;
		const form = new URLSearchParams(route.request().postData() ?? "");
		expect(Object.fromEntries(form)).toMatchObject({
			grant_type: "authorization_code",
			code: "a-code",
			client_id: clientId,
			redirect_uri: `${webUrl}/sign-in/google`,
		});
		const challenge = createHash("sha256")
			.update(String(form.get("code_verifier")))
			.digest("base64url");
		expect(challenge).toBe(played.authorizations.at(-1)?.get("code_challenge"));
		const { AuthenticationResult: tokens } = await (await userPool()).send(
			new InitiateAuthCommand({
				ClientId: clientId,
				AuthFlow: "USER_PASSWORD_AUTH",
				AuthParameters: { USERNAME: email, PASSWORD: password },
			}),
		);
		await route.fulfill({
			headers: { "access-control-allow-origin": webUrl },
			json: {
				id_token: tokens?.IdToken,
				access_token: tokens?.AccessToken,
				refresh_token: tokens?.RefreshToken,
				token_type: "Bearer",
				expires_in: 3_600,
			},
		});
	});
	await context.route(`${signInUrl}/logout?*`, async (route) => {
		played.leaves += 1;
		const parameters = Object.fromEntries(new URL(route.request().url()).searchParams);
		expect(parameters).toEqual({ client_id: clientId, logout_uri: `${webUrl}/sign-in` });
		await route.fulfill(leadTo(`${webUrl}/sign-in`));
	});
	return played;
}

test("the demo user's login is filled in by one click", async () => {
	const visitor = await Visitor.open(browser);
	await visitor.page.goto("/");
	await visitor.page.getByRole("button", { name: "Fill in" }).waitFor();
	expect(await visitor.page.getByRole("button", { name: "Continue with Google" }).count()).toBe(0);
	await visitor.page.getByRole("button", { name: "Fill in" }).click();
	await visitor.page.getByRole("button", { name: "Sign in", exact: true }).click();
	await visitor.page.getByRole("searchbox").waitFor();
	await visitor.close();
});
