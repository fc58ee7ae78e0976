import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useState } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";
import { config } from "#web/app/config.ts";
import { NewPasswordField } from "#web/features/account/account-fields.tsx";
import { session, usePerson } from "#web/features/account/browser-session.ts";
import { changePassword, signOutEverywhere } from "#web/features/account/cognito.ts";
import { sentenceKey } from "#web/features/account/errors.ts";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { type Locale, locales } from "#web/i18n/translate.ts";
import { Button } from "#web/ui/button.tsx";
import { Field } from "#web/ui/field.tsx";
import { Icon, type IconName } from "#web/ui/icon.tsx";
import { applyTheme, storedTheme, type Theme, themes } from "#web/ui/theme.ts";
import { toast } from "#web/ui/toasts.ts";
import { DeleteAccount } from "./delete-account.tsx";
import { ExportAccount } from "./export-account.tsx";
import { ImportAccount } from "./import-account.tsx";
import { Providers } from "./providers.tsx";
import { SecondFactor } from "./second-factor.tsx";
import styles from "./settings-page.module.css";
import { TimeZone } from "./time-zone.tsx";
import { Usage } from "./usage.tsx";
import { useChangeMe } from "./use-settings.ts";
import { Webhooks } from "./webhooks.tsx";

const languageNames: Record<Locale, string> = { en: "English", de: "Deutsch", ja: "日本語" };

/** Pages for putting a collection in order. */
const collectionPages = [
	{ to: "/tags", icon: "tag", label: "nav.tags", text: "settings.tags.text" },
	{ to: "/duplicates", icon: "copies", label: "nav.duplicates", text: "settings.duplicates.text" },
	{ to: "/trash", icon: "trash", label: "nav.trash", text: "trash.lead" },
	{ to: "/review", icon: "check", label: "nav.review", text: "settings.review.text" },
] as const;

export function SettingsPage() {
	const { t, locale, setLocale } = useLanguage();
	const person = usePerson();
	const [theme, setTheme] = useState(storedTheme);
	const changeMe = useChangeMe();
	const { secondFactor } = config();
	return (
		<div className={styles.page}>
			<h1 className={styles.title}>{t("nav.settings")}</h1>
			<Part title={t("settings.appearance")}>
				<Choice
					label={t("settings.language")}
					value={locale}
					options={locales.map((each) => [each, languageNames[each]])}
					onChange={(value) => {
						setLocale(value as Locale);
						// Other apps of the person learn it; this one has it already.
						changeMe.mutate({ language: value });
					}}
				/>
				<Choice
					label={t("settings.theme")}
					value={theme}
					options={themes.map((each) => [each, t(`settings.theme.${each}`)])}
					onChange={(value) => {
						setTheme(value as Theme);
						applyTheme(value as Theme);
					}}
				/>
				<TimeZone />
			</Part>
			<Part title={t("usage.title")}>
				<Usage />
				<Providers />
			</Part>
			<Part title={t("settings.collection")}>
				<ul className={styles.links}>
					{collectionPages.map(({ to, icon, label, text }) => (
						<li key={to}>
							<PageLink to={to} icon={icon} label={t(label)} text={t(text)} />
						</li>
					))}
				</ul>
			</Part>
			{person?.isAdmin && (
				<Part title={t("settings.administration")}>
					<ul className={styles.links}>
						<li>
							<PageLink to="/admin" icon="filter" label={t("admin.title")} text={t("admin.lead")} />
						</li>
					</ul>
				</Part>
			)}
			<Part title={t("settings.account")}>
				<p className={styles.person}>{t("settings.signedIn", { email: person?.email ?? "" })}</p>
				<ChangePassword />
				{secondFactor && <SecondFactor email={person?.email ?? ""} canTurnOff={secondFactor === "optional"} />}
				<div className={styles.actions}>
					<Button onPress={() => session.end()}>{t("account.signOut")}</Button>
					<Button onPress={leaveEverywhere}>{t("settings.signOutEverywhere")}</Button>
				</div>
			</Part>
			<Part title={t("webhooks.title")}>
				<Webhooks />
			</Part>
			<Part title={t("export.title")}>
				<ExportAccount />
			</Part>
			<Part title={t("import.title")}>
				<ImportAccount />
			</Part>
			<Part title={t("settings.leave")}>
				<p className={styles.person}>{t("settings.leave.text")}</p>
				<div>
					<DeleteAccount email={person?.email ?? ""} />
				</div>
			</Part>
			<p className={styles.environment}>{t("settings.environment", { name: config().environment })}</p>
		</div>
	);

	async function leaveEverywhere() {
		try {
			await session.token();
			await signOutEverywhere(session.accessToken ?? "");
			await session.end();
		} catch (error) {
			toast((error as Error).message, { tone: "danger" });
		}
	}
}

interface PageLinkProps {
	to: (typeof collectionPages)[number]["to"] | "/admin";
	icon: IconName;
	label: string;
	text: string;
}

/** A link to another page, with a sentence about it. */
function PageLink({ to, icon, label, text }: PageLinkProps) {
	return (
		<Link to={to} className={styles.link}>
			<Icon name={icon} />
			<span>
				<strong>{label}</strong>
				<span className={styles.linkText}>{text}</span>
			</span>
		</Link>
	);
}

function Part({ title, children }: { title: string; children: ReactNode }) {
	return (
		<section className={styles.part}>
			<h2 className={styles.partTitle}>{title}</h2>
			<div className={styles.content}>{children}</div>
		</section>
	);
}

interface ChoiceProps {
	label: string;
	value: string;
	options: (readonly [string, string])[];
	onChange(value: string): void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
	return (
		<RadioGroup className={styles.choice} value={value} onChange={onChange} orientation="horizontal">
			<Label className={styles.label}>{label}</Label>
			<div className={styles.options}>
				{options.map(([key, text]) => (
					<Radio key={key} value={key} className={styles.option}>
						{text}
					</Radio>
				))}
			</div>
		</RadioGroup>
	);
}

function ChangePassword() {
	const { t } = useLanguage();
	const [refusal, setRefusal] = useState<string | null>(null);
	const [isPending, setPending] = useState(false);
	return (
		<form
			className={styles.form}
			onSubmit={async (event) => {
				event.preventDefault();
				const form = event.currentTarget;
				const { former, password } = Object.fromEntries(new FormData(form)) as Record<string, string>;
				setPending(true);
				setRefusal(null);
				try {
					await session.token();
					await changePassword(session.accessToken ?? "", former ?? "", password ?? "");
					form.reset();
					toast(t("settings.passwordChanged"));
				} catch (error) {
					const key = sentenceKey(error as Error);
					setRefusal(key ? t(key) : (error as Error).message);
				} finally {
					setPending(false);
				}
			}}
		>
			<Field
				label={t("settings.formerPassword")}
				name="former"
				type="password"
				autoComplete="current-password"
				isRequired
			/>
			<NewPasswordField error={refusal} />
			<Button type="submit" isPending={isPending} className={styles.submit}>
				{t("settings.changePassword")}
			</Button>
		</form>
	);
}
