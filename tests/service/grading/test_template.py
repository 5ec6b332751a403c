import pytest

from service.grading.template import BadTemplate, PromptTemplate, load_template

HEAD = "---\nid: t\nversion: 3\nvariables: [name]\n---\n"
GOOD = HEAD + "{% block user %}\nHello {{ name }}\n{% endblock %}"


def test_a_template_renders_its_blocks_and_names_its_content():
    template = PromptTemplate.parse(GOOD)
    assert template.render("user", name="you") == "Hello you"
    assert template.reference == f"t@3:{template.sha256[:12]}"


def test_another_word_in_a_template_gives_another_reference():
    assert (
        PromptTemplate.parse(GOOD).reference != PromptTemplate.parse(GOOD.replace("Hello", "Hallo")).reference
    )


@pytest.mark.parametrize(
    "source",
    [
        "no front matter",
        GOOD.replace("id: t\n", ""),
        GOOD.replace("id: t\n", "id: t\nmodel: x\n"),
        GOOD.replace("[name]", "[name, other]"),
        GOOD.replace("[name]", "[]"),
        GOOD.replace("{% endblock %}", ""),
    ],
)
def test_a_template_that_does_not_fit_its_declaration_is_refused(source):
    with pytest.raises(BadTemplate):
        PromptTemplate.parse(source)


@pytest.mark.parametrize("variables", [{}, {"name": "a", "other": "b"}])
def test_a_missing_or_unknown_variable_raises(variables):
    with pytest.raises(BadTemplate):
        PromptTemplate.parse(GOOD).render("user", **variables)


def test_a_missing_block_or_attribute_raises():
    with pytest.raises(BadTemplate):
        PromptTemplate.parse(GOOD).render("system", name="a")
    with pytest.raises(BadTemplate):
        PromptTemplate.parse(GOOD.replace("name }}", "name.first }}")).render("user", name="a")


def test_a_template_cannot_reach_into_python():
    template = PromptTemplate.parse(GOOD.replace("{{ name }}", "{{ name.__class__.__mro__ }}"))
    with pytest.raises(BadTemplate):
        template.render("user", name="a")


def test_values_are_not_templates():
    assert PromptTemplate.parse(GOOD).render("user", name="{{ 7 * 7 }} <b>") == "Hello {{ 7 * 7 }} <b>"


@pytest.mark.parametrize("name", ["grade", "repair"])
def test_the_templates_that_are_shipped_fit_their_declarations(name):
    assert load_template(name).id == name


def test_a_template_knows_what_each_block_depends_on():
    template = load_template("grade")
    assert template.uses["card"] == {"dimensions", "title"}
    assert template.uses["system"] == {"facts", "language"}
    assert "transcript" in template.uses["conversation"]
