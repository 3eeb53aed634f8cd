"""Formulas: TeX that is sure to be nothing but a formula is drawn, any other is shown as code.

Obsidian draws with MathJax, where a formula can hold links, styles and
definitions that reach into the formulas after it. So only commands that draw
signs are let through, and only signs that neither Markdown nor a plugin that
reads raw notes could take for its own.
"""

from __future__ import annotations

import re

from tobs.vault.code import code_block, inline_code

LONGEST = 2000  # characters of a formula; more than any page of a book has in one
_COMMANDS = frozenset(
    """
    alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho varrho
    sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega
    aleph beth hbar ell Re Im partial nabla infty emptyset varnothing angle triangle square prime forall exists nexists
    neg lnot top bot vdash models therefore because ldots cdots vdots ddots dots dotsb dotsc
    frac dfrac tfrac cfrac sqrt binom dbinom tbinom over choose stackrel overset underset
    sum prod coprod int iint iiint oint bigcup bigcap bigsqcup bigvee bigwedge bigoplus bigotimes limits nolimits
    lim limsup liminf sup inf max min arg det dim ker gcd deg hom Pr exp ln log lg sin cos tan cot sec csc arcsin
    arccos arctan sinh cosh tanh coth mod bmod pmod pod operatorname
    pm mp times div cdot ast star circ bullet oplus ominus otimes oslash odot dagger ddagger wedge vee land lor cap
    cup uplus sqcap sqcup setminus wr amalg
    le leq ge geq ne neq lt gt ll gg equiv sim simeq approx cong propto prec succ preceq succeq subset supset subseteq
    supseteq subsetneq supsetneq in notin ni mid nmid parallel nparallel perp asymp doteq not
    to gets mapsto leftarrow rightarrow leftrightarrow Leftarrow Rightarrow Leftrightarrow longleftarrow longrightarrow
    Longleftarrow Longrightarrow Longleftrightarrow longmapsto uparrow downarrow updownarrow nearrow searrow swarrow
    nwarrow hookrightarrow hookleftarrow rightharpoonup leftharpoonup rightleftharpoons implies iff xrightarrow
    xleftarrow
    left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr lvert rvert lVert rVert vert Vert langle rangle
    lfloor rfloor lceil rceil lbrace rbrace lbrack rbrack backslash
    hat widehat check tilde widetilde acute grave dot ddot breve bar vec overline underline overbrace underbrace
    overrightarrow overleftarrow boxed
    mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak mathscr boldsymbol text textbf textit textrm
    displaystyle textstyle scriptstyle quad qquad thinspace enspace hspace phantom begin end hline tag
    """.split()  # noqa: SIM905
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
# Letters of any alphabet, white space, signs that draw, commands, escaped braces and bars, spaces, and line ends.
_DRAWN = re.compile(r"(?:[\w \n+\-*/=<>()\[\]{}|.,;:!?'^&~]|\\[A-Za-z]+|\\[{}|,;:!& \\])+")
# What acts in company: fields, links, footnotes, highlights, queries and references; and what hides the last dollar.
_ACTS = re.compile(r"::|==|\[\[|\]\]|\^\[|://|&\w+;|^\s*=|\\\Z")


def is_formula(source: str) -> bool:
    """Whether tidy TeX draws and does nothing else."""
    known = all(command in _COMMANDS for command in _COMMAND.findall(source.replace("\\\\", "  ")))
    return bool(known and len(source) <= LONGEST and _DRAWN.fullmatch(source) and not _ACTS.search(source))


def inline_formula(source: str, before: str, after: str) -> str:
    """A line of tidy TeX between the signs `before` and `after`, as a formula or as inline code."""
    body = source.strip()
    apart = not (_glued(before) or _glued(after))
    return f"${_no_tag(body)}$" if apart and is_formula(body) else inline_code(source)


def _glued(char: str) -> bool:
    # A number after it would make it an amount of money, a backslash or a sign of its own no formula at all.
    return char in ("$", "\\", "`") or (char.isascii() and char.isalnum())


def _no_tag(body: str) -> str:
    return body.replace("<", "\\lt ")  # the same sign, and the start of no HTML


def formula_block(source: str) -> list[str]:
    """Tidy TeX as a formula that stands alone, or as a block of code."""
    body = " ".join(source.split())
    return [f"$${_no_tag(body)}$$"] if is_formula(body) else code_block(source, "")
