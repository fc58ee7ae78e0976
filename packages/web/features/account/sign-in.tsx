import { Link, useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { config } from "#web/app/config.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Button } from "#web/ui/button.tsx";
import { Field } from "#web/ui/field.tsx";
import { Loading } from "#web/ui/notice.tsx";
import styles from "./account.module.css";
import { CodeField, EmailField, NewPasswordField } from "./account-fields.tsx";
import { AccountForm } from "./account-form.tsx";
import { session } from "./browser-session.ts";
import { answerChallenge, type Challenge, CognitoError, resendCode, signIn, type Tokens } from "./cognito.ts";
import { ContinueWithGoogle } from "./continue-with-google.tsx";
import { pathBefore } from "./path-before.ts";

const SetUpAuthenticator = lazy(async () => ({
	default: (await import("./set-up-authenticator.tsx")).SetUpAuthenticator,
}));

export function SignIn() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const router = useRouter();
	const { to, email: known = "" } = useSearch({ from: "/account/sign-in" });
	const [email, setEmail] = useState(known);
	const [password, setPassword] = useState("");
	const [challenge, setChallenge] = useState<Challenge | null>(null);
	const { demo } = config();

	async function proceed(next: Tokens | Challenge) {
		if ("challenge" in next) return setChallenge(next);
		session.begin(next);
		router.history.push(pathBefore(to));
	}

	if (challenge) return <AnswerChallenge challenge={challenge} onDone={proceed} />;
	return (
		<AccountForm
			title={t("account.signIn.title")}
			lead={t("account.signIn.lead")}
			action={t("account.signIn.action")}
			onSubmit={async () => {
				try {
					await proceed(await signIn(email.trim(), password));
				} catch (error) {
					if (!(error instanceof CognitoError && error.code === "UserNotConfirmedException")) throw error;
					await resendCode(email.trim());
					await navigate({ to: "/confirm", search: { email: email.trim() } });
				}
			}}
			instead={<ContinueWithGoogle to={to} />}
			foot={
				<>
					<Link to="/forgot" search={{ email }}>
						{t("account.forgot.link")}
					</Link>
					<Link to="/sign-up">{t("account.signUp.link")}</Link>
				</>
			}
		>
			<EmailField value={email} onChange={setEmail} />
			<Field
				label={t("account.password")}
				name="password"
				type="password"
				autoComplete="current-password"
				isRequired
				value={password}
				onChange={setPassword}
			/>
			{demo && (
				<div className={styles.demo}>
					<span>{t("account.demo", { email: demo.email })}</span>
					<Button
						onPress={() => {
							setEmail(demo.email);
							setPassword(demo.password);
						}}
					>
						{t("account.demo.fill")}
					</Button>
				</div>
			)}
		</AccountForm>
	);
}

function AnswerChallenge({
	challenge,
	onDone,
}: {
	challenge: Challenge;
	onDone(next: Tokens | Challenge): Promise<void> | void;
}) {
	const { t } = useLanguage();
	if (challenge.challenge === "MFA_SETUP") {
		return (
			<Suspense fallback={<Loading />}>
				<SetUpAuthenticator challenge={challenge} onDone={onDone} />
			</Suspense>
		);
	}
	const isPassword = challenge.challenge === "NEW_PASSWORD_REQUIRED";
	return (
		<AccountForm
			key={challenge.challenge}
			title={isPassword ? t("account.newPassword.title") : t("account.totp.title")}
			lead={isPassword ? t("account.newPassword.lead") : t("account.totp.lead")}
			action={t("account.continue")}
			onSubmit={async ({ answer = "" }) =>
				onDone(await answerChallenge(challenge, isPassword ? answer : answer.trim()))
			}
		>
			{isPassword ? <NewPasswordField name="answer" /> : <CodeField label={t("account.totp.code")} name="answer" />}
		</AccountForm>
	);
}
