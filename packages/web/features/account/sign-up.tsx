import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { toast } from "#web/ui/toasts.ts";
import styles from "./account.module.css";
import { CodeField, EmailField, NewPasswordField } from "./account-fields.tsx";
import { AccountForm } from "./account-form.tsx";
import { session } from "./browser-session.ts";
import { confirmForgotPassword, confirmSignUp, forgotPassword, resendCode, signIn, signUp } from "./cognito.ts";
import { ContinueWithGoogle } from "./continue-with-google.tsx";

/** The password of an account that waits for its code: in memory alone, so that the code signs in. */
let waiting: { email: string; password: string } | undefined;

export function SignUp() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	return (
		<AccountForm
			title={t("account.signUp.title")}
			lead={t("account.signUp.lead")}
			action={t("account.signUp.action")}
			onSubmit={async ({ email = "", password = "" }) => {
				await signUp(email.trim(), password);
				waiting = { email: email.trim(), password };
				await navigate({ to: "/confirm", search: { email: email.trim() } });
			}}
			instead={<ContinueWithGoogle />}
			foot={<Link to="/sign-in">{t("account.signIn.link")}</Link>}
		>
			<EmailField />
			<NewPasswordField label={t("account.password")} />
		</AccountForm>
	);
}

export function ConfirmSignUp() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const { email = "" } = useSearch({ from: "/account/confirm" });
	return (
		<AccountForm
			title={t("account.confirm.title")}
			lead={t("account.confirm.lead", { email })}
			action={t("account.confirm.action")}
			onSubmit={async ({ code = "" }) => {
				await confirmSignUp(email, code.trim());
				if (waiting?.email !== email) {
					toast(t("account.confirm.done"));
					await navigate({ to: "/sign-in", search: { email } });
					return;
				}
				const tokens = await signIn(email, waiting.password);
				waiting = undefined;
				if ("challenge" in tokens) return void (await navigate({ to: "/sign-in", search: { email } }));
				session.begin(tokens);
				await navigate({ to: "/" });
			}}
			foot={
				<button
					type="button"
					className={styles.link}
					onClick={() =>
						resendCode(email).then(
							() => toast(t("account.code.sent", { email })),
							(error: Error) => toast(error.message, { tone: "danger" }),
						)
					}
				>
					{t("account.code.resend")}
				</button>
			}
		>
			<CodeField />
		</AccountForm>
	);
}

export function ForgotPassword() {
	const { t } = useLanguage();
	const navigate = useNavigate();
	const { email: known = "" } = useSearch({ from: "/account/forgot" });
	const [sentTo, setSentTo] = useState<string | null>(null);
	const back = <Link to="/sign-in">{t("account.signIn.link")}</Link>;
	if (sentTo === null) {
		return (
			<AccountForm
				title={t("account.forgot.title")}
				lead={t("account.forgot.lead")}
				action={t("account.forgot.action")}
				onSubmit={async ({ email = "" }) => {
					await forgotPassword(email.trim());
					setSentTo(email.trim());
				}}
				foot={back}
			>
				<EmailField defaultValue={known} />
			</AccountForm>
		);
	}
	return (
		<AccountForm
			title={t("account.reset.title")}
			lead={t("account.code.sent", { email: sentTo })}
			action={t("account.reset.action")}
			onSubmit={async ({ code = "", password = "" }) => {
				await confirmForgotPassword(sentTo, code.trim(), password);
				toast(t("account.reset.done"));
				await navigate({ to: "/sign-in", search: { email: sentTo } });
			}}
			foot={back}
		>
			<CodeField />
			<NewPasswordField />
		</AccountForm>
	);
}
