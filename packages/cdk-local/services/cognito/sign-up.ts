import { z } from "zod";
import { operation } from "../../endpoint/json-api.ts";
import { AwsError } from "../../endpoint/types.ts";
import { requireGoodPassword } from "./passwords.ts";
import type { UserPools } from "./store.ts";
import type { User } from "./user-pool.ts";
import {
	attributeList,
	expiredCode,
	knownUser,
	readAttributes,
	requireUnconfirmed,
	text,
	userNotFound,
} from "./users.ts";

const ofUser = { ClientId: text, Username: text };

/** Becoming a user, and coming back after a forgotten password. */
export function signUpOperations(pools: UserPools) {
	return {
		SignUp: operation(
			{
				...ofUser,
				Password: z.string(),
				UserAttributes: attributeList,
			},
			async (input) => {
				const client = pools.client(input.ClientId);
				const pool = pools.pool(client.pool);
				if (!pool.selfSignUp) {
					throw new AwsError(
						"NotAuthorizedException",
						"SignUp is not permitted for this user pool",
					);
				}
				const attributes = readAttributes(input.Username, input.UserAttributes);
				const { email_verified: _, ...rest } = attributes;
				requireGoodPassword(input.Password, pool.passwordPolicy);
				const user = await pools.createUser(
					client.pool,
					input.Username,
					input.Password,
					rest,
					"UNCONFIRMED",
				);
				return {
					UserConfirmed: false,
					UserSub: user.sub,
					...(pool.autoVerifyEmail ? sendCode(pools, user, "confirm") : {}),
				};
			},
		),
		ConfirmSignUp: operation({ ...ofUser, ConfirmationCode: text }, (input) => {
			const client = pools.client(input.ClientId);
			const user = knownUser(pools, client, input.Username, expiredCode);
			requireUnconfirmed(user);
			pools.codes.consume(user, "confirm", input.ConfirmationCode);
			pools.confirm(user);
		}),
		ResendConfirmationCode: operation(ofUser, (input) => {
			const client = pools.client(input.ClientId);
			const user = pools.findUser(client.pool, input.Username);
			if (!user && client.preventUserExistenceErrors) {
				return delivery(input.Username);
			}
			const known = knownUser(pools, client, input.Username, expiredCode);
			if (known.status !== "UNCONFIRMED") {
				throw new AwsError(
					"InvalidParameterException",
					"User is already confirmed.",
				);
			}
			return sendCode(pools, known, "confirm");
		}),
		ForgotPassword: operation(ofUser, (input) => {
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
		ConfirmForgotPassword: operation(
			{ ...ofUser, ConfirmationCode: text, Password: z.string() },
			async (input) => {
				const client = pools.client(input.ClientId);
				const user = knownUser(pools, client, input.Username, expiredCode);
				requireGoodPassword(
					input.Password,
					pools.pool(client.pool).passwordPolicy,
				);
				pools.codes.consume(user, "reset", input.ConfirmationCode);
				await pools.setPassword(user, input.Password, "CONFIRMED");
			},
		),
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
