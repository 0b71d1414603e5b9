"""What nmap 7.93 and p0f 3.09b are to say of each profile.

nmap   a regular expression for the name of the first match
exact  whether the database of nmap 7.93 holds the system: accuracy 100 is expected then;
       otherwise the nearest release of the family has to be first
synack, syn
       the label p0f gives to the side that answers and the side that opens; None where its
       database of 2016 does not know the system: it may say nothing then, or the same family
family what p0f may say at all
"""

from collections import namedtuple

Expected = namedtuple("Expected", "nmap exact synack syn family")

PROFILES = {
    "windows-11": Expected(r"^Microsoft Windows 1[01]", False, None, r"Windows NT kernel", "Windows"),
    "windows-10": Expected(r"^Microsoft Windows 10", True, None, r"Windows NT kernel", "Windows"),
    "windows-7": Expected(r"Windows 7", True, r"Windows 7 or 8", r"Windows 7 or 8", "Windows"),
    "windows-xp": Expected(r"Windows XP", True, r"Windows XP", r"Windows XP", "Windows"),
    "linux-6": Expected(r"^Linux (4\.15 - )?[56]\.", False, None, r"Linux", "Linux"),
    "linux-2.6": Expected(r"^Linux 2\.6", True, r"Linux 2\.6", r"Linux 2\.6", "Linux"),
    "freebsd-14": Expected(r"^FreeBSD 1[1-4]", False, r"FreeBSD 9", r"FreeBSD 9", "FreeBSD"),
    "macos": Expected(r"^Apple (macOS|Mac OS X|OS X)", False, None, r"Mac ?OS X", r"Mac ?OS X|iOS"),
    "openbsd": Expected(r"^OpenBSD [4-7]", True, None, None, "OpenBSD"),
    "hp-jetdirect": Expected(r"^HP .*(JetDirect|LaserJet|printer)", True, None, None, "HP"),
    # A real router's SYN, 4128 bytes and MSS alone, is taken for a barebone Linux too, in want of anything nearer.
    "cisco-ios": Expected(r"^Cisco .*IOS", True, None, None, r"Cisco|barebone"),
}
