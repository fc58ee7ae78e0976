import {
	AdminConfirmSignUpCommand,
	AdminCreateUserCommand,
	AdminDeleteUserCommand,
	AdminDisableUserCommand,
	AdminEnableUserCommand,
	AdminGetUserCommand,
	AdminSetUserPasswordCommand,
	AdminUserGlobalSignOutCommand,
	GetUserCommand,
	ListUsersCommand,
	RespondToAuthChallengeCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { decodeJwt } from "jose";
import { beforeEach, describe, expect, test } from "vitest";
import { ClientId, Password, UserPoolId, useUserPool } from "./cognito-user-pool.ts";

const { apis, cognito, nextPerson, signUp, initiate, signIn, member } = await useUserPool();
let email: string;
beforeEach(() => {
	email = nextPerson();
});

describe("an administrator", () => {
	const create = () =>
		cognito.send(
			new AdminCreateUserCommand({
				UserPoolId,
				Username: email,
				MessageAction: "SUPPRESS",
				TemporaryPassword: Password,
				UserAttributes: [
					{ Name: "email", Value: email },
					{ Name: "email_verified", Value: "true" },
				],
			}),
		);

	test("creates a user who can sign in once the password is permanent", async () => {
		const { User } = await create();
		expect(User?.UserStatus).toBe("FORCE_CHANGE_PASSWORD");
		await cognito.send(
			new AdminSetUserPasswordCommand({
				UserPoolId,
				Username: email,
				Password: "Another-horse-2",
				Permanent: true,
			}),
		);
		const { IdToken } = await signIn("Another-horse-2");
		expect(decodeJwt(IdToken)).toMatchObject({ email, email_verified: true });
		await expect(
			cognito.send(
				new AdminSetUserPasswordCommand({
					UserPoolId,
					Username: email,
					Password: "weak",
				}),
			),
		).rejects.toMatchObject({ name: "InvalidPasswordException" });
	});

	test("creates a user who chooses a password at the first sign-in", async () => {
		await create();
		const challenge = await initiate("USER_PASSWORD_AUTH", {
			USERNAME: email,
			PASSWORD: Password,
		});
		expect(challenge.ChallengeName).toBe("NEW_PASSWORD_REQUIRED");
		const respond = () =>
			cognito.send(
				new RespondToAuthChallengeCommand({
					ClientId,
					ChallengeName: "NEW_PASSWORD_REQUIRED",
					Session: challenge.Session,
					ChallengeResponses: {
						USERNAME: email,
						NEW_PASSWORD: "Chosen-horse-3",
					},
				}),
			);
		expect((await respond()).AuthenticationResult?.IdToken).toBeTruthy();
		await expect(respond()).rejects.toThrow();
		await signIn("Chosen-horse-3");
	});

	test("confirms, lists, finds and deletes users", async () => {
		await signUp();
		await cognito.send(new AdminConfirmSignUpCommand({ UserPoolId, Username: email }));
		const { RefreshToken } = await signIn();
		const listed = await cognito.send(new ListUsersCommand({ UserPoolId, Filter: `email = "${email}"` }));
		expect(listed.Users).toHaveLength(1);
		await cognito.send(new AdminDeleteUserCommand({ UserPoolId, Username: email }));
		await expect(cognito.send(new AdminGetUserCommand({ UserPoolId, Username: email }))).rejects.toMatchObject({
			name: "UserNotFoundException",
		});
		await expect(initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken })).rejects.toMatchObject({
			name: "NotAuthorizedException",
		});
	});

	test("disables a user, who gets no tokens until enabled again", async () => {
		await member();
		const { RefreshToken, AccessToken } = await signIn();
		const target = { UserPoolId, Username: email };
		const isEnabled = async () => (await cognito.send(new AdminGetUserCommand(target))).Enabled;
		await cognito.send(new AdminDisableUserCommand(target));
		await cognito.send(new AdminDisableUserCommand(target));
		expect(await isEnabled()).toBe(false);
		const disabled = { name: "NotAuthorizedException", message: "User is disabled." };
		await expect(signIn()).rejects.toMatchObject(disabled);
		await expect(signIn("Wrong-horse-1")).rejects.toMatchObject({ message: "Incorrect username or password." });
		await expect(cognito.send(new GetUserCommand({ AccessToken }))).rejects.toMatchObject(disabled);
		await cognito.send(new AdminEnableUserCommand(target));
		expect(await isEnabled()).toBe(true);
		await signIn();
		// The sessions before ended for good.
		await expect(initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken })).rejects.toMatchObject({
			name: "NotAuthorizedException",
		});
	});

	test("signs a user out everywhere, who may sign in again", async () => {
		await member();
		const sessions = [await signIn(), await signIn()];
		await cognito.send(new AdminUserGlobalSignOutCommand({ UserPoolId, Username: email }));
		for (const { RefreshToken } of sessions) {
			await expect(initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken })).rejects.toMatchObject({
				name: "NotAuthorizedException",
			});
		}
		const { RefreshToken } = await signIn();
		await initiate("REFRESH_TOKEN_AUTH", { REFRESH_TOKEN: RefreshToken });
	});

	test("lists users page by page", async () => {
		for (let user = 0; user < 3; user += 1) {
			await signUp(Password, `page-${user}@example.com`);
		}
		const usernames: (string | undefined)[] = [];
		let PaginationToken: string | undefined;
		do {
			const page = await cognito.send(new ListUsersCommand({ UserPoolId, Limit: 2, PaginationToken }));
			usernames.push(...(page.Users ?? []).map((user) => user.Username));
			PaginationToken = page.PaginationToken;
		} while (PaginationToken);
		expect(usernames.length).toBe(apis.pools.listUsers(UserPoolId).length);
		expect(new Set(usernames).size).toBe(usernames.length);
	});

	test("must sign the request", async () => {
		const answer = await fetch(apis.state.endpoint, {
			method: "POST",
			headers: {
				"x-amz-target": "AWSCognitoIdentityProviderService.AdminGetUser",
			},
			body: JSON.stringify({ UserPoolId, Username: email }),
		});
		expect(answer.status).toBe(400);
		expect(await answer.json()).toMatchObject({
			__type: "MissingAuthenticationTokenException",
		});
	});
});
