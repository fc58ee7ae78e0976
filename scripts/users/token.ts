// make token: prints an ID token and nothing else.
import { main } from "#deployment/progress.ts";
import { signedIn } from "./sign-in.ts";

await main(async () => {
	const email = process.env.EMAIL;
	if (!email) throw new Error("EMAIL is missing: run make token EMAIL=you@example.com");
	const { session } = await signedIn(process.env.ENV || "local", email);
	console.log(session.idToken);
});
