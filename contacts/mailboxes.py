"""Public mailbox providers: anybody can have an address there, so it proves belonging to nobody (R12, R16, T16)."""

PUBLIC_MAILBOXES = frozenset(
    {
        *("gmail.com", "googlemail.com", "icloud.com", "me.com", "mac.com", "aol.com", "ymail.com", "msn.com"),
        *("outlook.com", "outlook.be", "outlook.fr", "outlook.de", "hotmail.com", "hotmail.be", "hotmail.fr"),
        *("hotmail.nl", "hotmail.de", "live.com", "live.be", "live.nl", "live.fr", "live.de"),
        *("yahoo.com", "yahoo.fr", "yahoo.de", "yahoo.nl", "mail.com", "zoho.com", "hey.com", "fastmail.com"),
        *("proton.me", "protonmail.com", "pm.me", "tuta.com", "tutanota.com", "yandex.com", "yandex.ru", "mail.ru"),
        *("telenet.be", "pandora.be", "skynet.be", "belgacom.net", "proximus.be", "scarlet.be", "voo.be", "edpnet.be"),
        *("base.be", "orange.be", "ziggo.nl", "kpnmail.nl", "planet.nl", "hetnet.nl", "xs4all.nl", "home.nl"),
        *("casema.nl", "upcmail.nl", "quicknet.nl", "chello.nl", "kpnplanet.nl", "zonnet.nl"),
        *("orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "laposte.net", "neuf.fr", "bbox.fr", "numericable.fr"),
        *("gmx.com", "gmx.de", "gmx.net", "gmx.fr", "web.de", "t-online.de", "freenet.de", "vodafone.de", "arcor.de"),
        *("posteo.de", "mailbox.org", "pt.lu", "internet.lu", "vo.lu"),
    }
)
