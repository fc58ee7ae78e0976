import type {
	AdminGetUserCommandOutput,
	CognitoIdentityProviderClientConfig,
} from "@aws-sdk/client-cognito-identity-provider";
import { ownQuotasGroup, tierGroups, tierOf } from "#core/limits/tiers.ts";
import { once } from "#core/once.ts";
import { adminGroup, type Person } from "#core/people/person.ts";
import type { UserPool } from "#core/ports/index.ts";
import { ttlCache } from "./ttl-cache.ts";

const maxCallMs = 3_000;

/** The people of a Cognito user pool, in which the username is the `sub`. Addresses are cached for five minutes. */
export function cognitoUserPool(UserPoolId: string, settings: CognitoIdentityProviderClientConfig = {}): UserPool {
	// The SDK is imported at first use: most sandboxes never ask.
	const client = once(async () => {
		const sdk = await import("./client-cognito.ts");
		return { sdk, cognito: new sdk.CognitoIdentityProviderClient({ maxAttempts: 2, ...settings }) };
	});
	const options = () => ({ abortSignal: AbortSignal.timeout(maxCallMs) });
	const emailOf = ttlCache(async (Username) => {
		const { sdk, cognito } = await client();
		const found = await unlessGone(cognito.send(new sdk.AdminGetUserCommand({ UserPoolId, Username }), options()));
		return found?.UserAttributes?.find(({ Name }) => Name === "email")?.Value ?? null;
	});
	async function groupsOf(Username: string): Promise<string[] | null> {
		const { sdk, cognito } = await client();
		// A page has 60, more than the service has groups.
		const found = await unlessGone(
			cognito.send(new sdk.AdminListGroupsForUserCommand({ UserPoolId, Username }), options()),
		);
		return found && (found.Groups ?? []).flatMap(({ GroupName }) => GroupName ?? []);
	}
	return {
		email: (userId) => emailOf(userId),

		async list({ limit, cursor }) {
			const { sdk, cognito } = await client();
			const { Users = [], PaginationToken } = await cognito.send(
				new sdk.ListUsersCommand({ UserPoolId, Limit: limit, PaginationToken: cursor }),
				options(),
			);
			return {
				people: Users.map(({ Attributes, ...user }) => personOf({ ...user, UserAttributes: Attributes })),
				nextCursor: PaginationToken ?? null,
			};
		},

		async find(Username) {
			const { sdk, cognito } = await client();
			const [user, groups] = await Promise.all([
				unlessGone(cognito.send(new sdk.AdminGetUserCommand({ UserPoolId, Username }), options())),
				groupsOf(Username),
			]);
			return user && groups && { ...personOf(user), tier: tierOf(groups), isAdmin: groups.includes(adminGroup) };
		},

		groups: groupsOf,

		async setTier(Username, tier) {
			const { sdk, cognito } = await client();
			const groups = await groupsOf(Username);
			if (!groups) return;
			// Joined before another is left: a token that is issued in between has the higher tier, not none.
			if (tier !== "free" && !groups.includes(tier)) {
				const command = new sdk.AdminAddUserToGroupCommand({ UserPoolId, Username, GroupName: tier });
				await unlessGone(cognito.send(command, options()));
			}
			for (const GroupName of tierGroups.filter((group) => group !== tier && groups.includes(group))) {
				const command = new sdk.AdminRemoveUserFromGroupCommand({ UserPoolId, Username, GroupName });
				await unlessGone(cognito.send(command, options()));
			}
		},

		async setHasOwnQuotas(Username, hasOwn) {
			const { sdk, cognito } = await client();
			const Command = hasOwn ? sdk.AdminAddUserToGroupCommand : sdk.AdminRemoveUserFromGroupCommand;
			await unlessGone(cognito.send(new Command({ UserPoolId, Username, GroupName: ownQuotasGroup }), options()));
		},

		async setDisabled(Username, isDisabled) {
			const { sdk, cognito } = await client();
			const Command = isDisabled ? sdk.AdminDisableUserCommand : sdk.AdminEnableUserCommand;
			await unlessGone(cognito.send(new Command({ UserPoolId, Username }), options()));
		},

		async signOut(Username) {
			const { sdk, cognito } = await client();
			await unlessGone(cognito.send(new sdk.AdminUserGlobalSignOutCommand({ UserPoolId, Username }), options()));
		},

		async delete(Username) {
			const { sdk, cognito } = await client();
			await unlessGone(cognito.send(new sdk.AdminDeleteUserCommand({ UserPoolId, Username }), options()));
		},
	};
}

type User = Pick<
	AdminGetUserCommandOutput,
	"Username" | "UserAttributes" | "UserStatus" | "UserCreateDate" | "Enabled"
>;

const personOf = ({
	Username = "",
	UserAttributes = [],
	UserStatus,
	UserCreateDate,
	Enabled,
}: Partial<User>): Person => ({
	userId: Username,
	email: UserAttributes.find(({ Name }) => Name === "email")?.Value ?? null,
	isConfirmed: UserStatus === "CONFIRMED",
	isDisabled: Enabled === false,
	createdAt: UserCreateDate ?? new Date(0),
});

/** Waits for an answer; null where the person is gone. */
async function unlessGone<T>(answer: Promise<T>): Promise<T | null> {
	return answer.catch((error: Error) => {
		if (error.name === "UserNotFoundException") return null;
		throw error;
	});
}
