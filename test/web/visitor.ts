import { readFile } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { test as anyTest, expect, inject } from "vitest";
import { CollectionsClient } from "#client/index.ts";
import { readOutputsFile } from "#deployment/outputs.ts";
import { ensureUser, signIn } from "#deployment/users.ts";
import { operatorOf } from "#tools/local/local-environment.ts";
import { drawSampleImages } from "#tools/samples/sample-images.ts";
import { hasChromium } from "./chromium.ts";

export const sizes = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } } as const;

export const password = "correct-Horse-9";

/** Skipped where there is no browser; the set-up says how to install one. */
export const test = anyTest.skipIf(!hasChromium);

/** Returns the browser that all files share. */
export const openBrowser = (): Promise<Browser> => chromium.connect(inject("browserEndpoint"));

export interface PictureFile {
	name: string;
	bytes: Uint8Array;
}

/** The sample images, as files to add. */
export const samplePictures = async (): Promise<PictureFile[]> =>
	(await drawSampleImages()).map(({ filename, bytes }) => ({ name: filename, bytes }));

/** Returns the outputs of the cloud under test and its operator's credentials. */
export async function localCloud() {
	const outputs = await readOutputsFile(inject("outputsFile"), "start the local cloud");
	return { outputs, operator: await operatorOf(inject("stateDir") ?? "") };
}

/** Creates a confirmed person, whose collection has pictures that are ready. Adding them by hand is other tests' claim. */
export async function newPerson(email: string, pictures: readonly PictureFile[] = []): Promise<string> {
	const { outputs, operator } = await localCloud();
	await ensureUser(outputs, operator, email, password);
	if (pictures.length === 0) return email;
	const client = await clientOf(email);
	const items = await Promise.all(pictures.map(({ name, bytes }) => client.upload(name, new Uint8Array(bytes))));
	for (const { id } of items) await client.settled(id, 120);
	return email;
}

/** Returns the REST client of a person of `newPerson`. */
export async function clientOf(email: string): Promise<CollectionsClient> {
	const { outputs } = await localCloud();
	return new CollectionsClient({ apiUrl: outputs.ApiUrl, session: await signIn(outputs, email, password) });
}

/**
 * Creates people one after another, in the order in which a file's tests need them: their pictures become ready while the
 * tests before run. @returns signs a visitor in as one of them, once they are there
 */
export function preparePeople(pictures: Record<string, readonly PictureFile[]>) {
	const people = new Map<string, Promise<string>>();
	let former: Promise<unknown> = Promise.resolve();
	for (const [name, files] of Object.entries(pictures)) {
		const person = former.then(() => newPerson(`${name}@example.com`, files));
		people.set(name, person);
		// The test that needs somebody says why they are missing.
		former = person.catch(() => undefined);
	}
	return async (visitor: Visitor, name: string): Promise<void> => {
		const email = await people.get(name);
		if (!email) throw new Error(`Nobody called ${name} was prepared.`);
		await visitor.signIn(email);
	};
}

/** The latest code that the pool sent to an address. */
export async function codeFor(email: string): Promise<string> {
	const log = await readFile(inject("cloudLog") ?? "", "utf8");
	const code = [...log.matchAll(new RegExp(`Confirmation code for ${email}: (\\S+)`, "g"))].at(-1)?.[1];
	if (!code) throw new Error(`No code was sent to ${email}.`);
	return code;
}

interface VisitorOptions {
	size?: keyof typeof sizes;
	theme?: "light" | "dark";
	/** Further settings of the browser's window. */
	settings?: BrowserContextOptions;
	/** Messages of the console that the scenario provokes: a refused password, say. */
	expected?: RegExp;
}

/** Somebody in front of a browser of their own, and everything that the console complained about. */
export class Visitor {
	readonly context: BrowserContext;
	readonly page: Page;
	readonly complaints: string[] = [];

	private constructor(context: BrowserContext, page: Page, expected: RegExp | undefined) {
		this.context = context;
		this.page = page;
		page.on("console", (message) => {
			const text = `${message.text()} ${message.location().url}`;
			if (message.type() === "error" && !expected?.test(text)) this.complaints.push(text);
		});
		page.on("pageerror", (error) => this.complaints.push(error.message));
	}

	static async open(browser: Browser, { size = "desk", theme = "light", settings, expected }: VisitorOptions = {}) {
		const context = await browser.newContext({
			viewport: sizes[size],
			isMobile: size === "phone",
			hasTouch: size === "phone",
			colorScheme: theme,
			baseURL: inject("webUrl"),
			locale: "en-GB",
			reducedMotion: "reduce",
			...settings,
		});
		// It ends a page that hangs; the machine may be busy.
		context.setDefaultTimeout(60_000);
		await context.grantPermissions(["clipboard-read", "clipboard-write"]);
		return new Visitor(context, await context.newPage(), expected);
	}

	async signIn(email: string): Promise<void> {
		await this.page.goto("/sign-in");
		await this.page.getByLabel("Email address").fill(email);
		await this.page.getByRole("textbox", { name: "Password" }).fill(password);
		await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
		await this.page.getByRole("searchbox").waitFor();
	}

	/** Adds files by the file chooser. */
	async add(files: readonly PictureFile[]): Promise<void> {
		const chooser = this.page.waitForEvent("filechooser");
		await this.page.getByRole("button", { name: "Add pictures" }).first().click();
		await (await chooser).setFiles(
			files.map(({ name, bytes }) => ({ name, mimeType: "image/png", buffer: Buffer.from(bytes) })),
		);
	}

	/** Fails on serious findings of axe. */
	async expectAccessible(): Promise<void> {
		// Otherwise each analysis would open a second page, for frames of other origins: the app has none.
		const { violations } = await new AxeBuilder({ page: this.page }).setLegacyMode().analyze();
		const serious = violations
			.filter(({ impact }) => impact === "serious" || impact === "critical")
			.map(
				({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`,
			);
		expect(serious).toEqual([]);
	}

	/** Closes the browser's window. @throws what the console complained about */
	async close(): Promise<void> {
		await this.context.close();
		expect(this.complaints).toEqual([]);
	}
}
