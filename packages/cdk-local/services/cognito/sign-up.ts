import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { AwsError } from "../../endpoint/types.ts";
import { requireValidPassword } from "./passwords.ts";
import type { UserPools } from "./store.ts";
import type { User } from "./user-pool.ts";
import {
	attributeList,
	expiredCode,
	readAttributes,
	requireUnconfirmed,
	requireUser,
	text,
	userNotFound,
} from "./users.ts";

const clientUser = { ClientId: text, Username: text };

/** The operations for sign-up and for a forgotten password. */
export function signUpOperations(pools: UserPools) {
	return {
		SignUp: operation(
			{
				...clientUser,
				Password: z.string(),
				UserAttributes: attributeList,
			},
			async (input) => {
				const client = pools.client(input.ClientId);
				const pool = pools.pool(client.pool);
				if (!pool.selfSignUp) {
					throw new AwsError("NotAuthorizedException", "SignUp is not permitted for this user pool");
				}
				const attributes = readAttributes(input.Username, input.UserAttributes);
				const { email_verified: _, ...rest } = attributes;
				requireValidPassword(input.Password, pool.passwordPolicy);
				const user = await pools.createUser(client.pool, input.Username, input.Password, rest, "UNCONFIRMED", {
					triggerSource: "PreSignUp_SignUp",
					clientId: client.id,
				});
				return {
					UserConfirmed: false,
					UserSub: user.sub,
					...(pool.autoVerifyEmail ? sendCode(pools, user, "confirm") : {}),
				};
			},
		),
		ConfirmSignUp: operation({ ...clientUser, ConfirmationCode: text }, (input) => {
			const client = pools.client(input.ClientId);
			const user = requireUser(pools, client, input.Username, expiredCode);
			requireUnconfirmed(user);
			pools.codes.consume(user, "confirm", input.ConfirmationCode);
			pools.confirm(user);
		}),
		ResendConfirmationCode: operation(clientUser, (input) => {
			const client = pools.client(input.ClientId);
			const user = pools.findUser(client.pool, input.Username);
			if (!user && client.preventUserExistenceErrors) {
				return delivery(input.Username);
			}
			const existing = requireUser(pools, client, input.Username, expiredCode);
			if (existing.status !== "UNCONFIRMED") {
				throw new AwsError("InvalidParameterException", "User is already confirmed.");
			}
			return sendCode(pools, existing, "confirm");
		}),
		ForgotPassword: operation(clientUser, (input) => {
			const client = pools.client(input.ClientId);
			const user = pools.findUser(client.pool, input.Username);
			if (!user && client.preventUserExistenceErrors) {
				return delivery(input.Username);
			}
			if (!user) throw userNotFound();
			if (user.attributes.email_verified !== "true") {
				throw new AwsError(
					"InvalidParameterException",
					"Cannot reset password for the user as there is no registered/verified email or phone_number",
				);
			}
			return sendCode(pools, user, "reset");
		}),
		ConfirmForgotPassword: operation({ ...clientUser, ConfirmationCode: text, Password: z.string() }, async (input) => {
			const client = pools.client(input.ClientId);
			const user = requireUser(pools, client, input.Username, expiredCode);
			requireValidPassword(input.Password, pools.pool(client.pool).passwordPolicy);
			pools.codes.consume(user, "reset", input.ConfirmationCode);
			await pools.setPassword(user, input.Password, "CONFIRMED");
		}),
	};
}

function sendCode(pools: UserPools, user: User, purpose: "confirm" | "reset") {
	const { email = "" } = user.attributes;
	pools.deliverCode(email, pools.codes.issue(user, purpose));
	return delivery(email);
}

function delivery(email: string) {
	const [name = "", host = ""] = email.split("@");
	return {
		CodeDeliveryDetails: {
			AttributeName: "email",
			DeliveryMedium: "EMAIL",
			Destination: `${name.slice(0, 1)}***@${host.slice(0, 1)}***`,
		},
	};
}
