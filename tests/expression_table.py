"""Expressions that the tests ask GitHub about, by what they are about."""

# fmt: off
LITERALS = [
    "null", "true", "false", "0", "-0", "+1", "1", "-1", "1.5", ".5", "-.5", "1.", "1e3", "1E3", "1e-2",
    "-2e-2", "0xff", "0xFF", "0x0", "0o17", "0o0", "NaN", "Infinity", "-Infinity", "''", "'a'", "'it''s'",
    "' '", "'\"'", "'${{'", "'é'", "(1)", "((null))", " 1 ", "\t1\n", "100000000000000", "0.1", "3.10",
    "1234567.125",
]
OPERANDS = [
    "null", "true", "false", "0", "1", "-1", "1.5", "NaN", "Infinity", "''", "'0'", "'1'", "' 1 '", "'a'",
    "'A'", "'b'", "'true'", "'0x10'", "'0o10'", "'1e1'", "'x1'", "nothing", "empty", "'NaN'", "'Infinity'",
]
OPERATORS = [
    "==", "!=", "<", "<=", ">", ">=", "&&", "||",
]
PRECEDENCE = [
    "1 == 1 == true", "1 < 2 == true", "true == 1 < 2", "!1 == 2", "!(1 == 2)", "!!'a'", "!null && 'x'",
    "true || false && false", "(true || false) && false", "false && true || 'x'", "1 && 2 && 3",
    "0 || '' || null", "null || 'a' && 'b'", "1 < 2 < 3", "3 > 2 > 1", "'a' == 'a' && 'b' != 'c'",
    "!false == true", "1==1&&2==2", "1!=1||2", "! true", "!!!0", "true && !false", "(1)==(1)",
    "inputs.dry && 'dry' || 'wet'", "inputs.count && 'some' || 'none'", "1 <= 1 >= 1", "'b' > 'a' == true",
]
ACCESSES = [
    "github.ref", "github['ref']", "GITHUB.REF", "github.Ref_Name", "github.missing", "github.missing.deeper",
    "github.event.release.tag_name", "github.event.release.draft", "github.event.release.draft.x",
    "github.ref.length", "text.x", "text[0]", "null_value.x", "null_value[0]", "null_value.*", "text.*",
    "github.event.commits[0].id", "github.event.commits['0'].id", "github.event.commits[1.9].id",
    "github.event.commits[-1]", "github.event.commits[99]", "github.event.commits['x']",
    "github.event.commits[true].id", "github.event.commits[null].id", "github.event.commits[NaN]",
    "github.event.commits[Infinity]", "github.event.commits.id", "github.event.commits[nothing]",
    "github.event[nothing]", "github[null]", "empty['']", "needs.dash-ed.result",
    "needs['dash-ed'].outputs['a b']", "needs['DASH-ED'].result", "needs.build.outputs.COUNT",
    "needs[format('{0}', 'test')].result", "matrix[text]", "matrix.list[0]", "matrix.list['1']",
    "matrix.list[2]", "(github).ref", "(github.event).release.tag_name", "fromJSON('{\"a\":[1,2]}').a[1]",
    "fromJSON('[5]')[0]", "github . ref", "github .event", "github[ 'ref' ]", "inputs.false", "inputs.null",
    "matrix['python']", "needs.build.outputs[needs.test.result]", "github.event.commits[matrix.list[0]].id",
    "inputs[true]", "inputs[1]",
]
FILTERED = [
    "needs.*.result", "needs[*].result", "needs.*.outputs", "needs.*.outputs.version", "needs.*", "needs.*.*",
    "github.event.commits.*.id", "github.event.commits[*].id", "github.event.commits.*.author.name",
    "github.event.commits.*.files", "github.event.commits.*.files.*", "github.event.commits.*.files[0]",
    "github.event.commits.*.*", "github.event.commits.*.missing", "github.event.commits.*[0]", "nothing.*",
    "nothing.*.x", "empty.*", "empty.*.x", "matrix.*", "matrix.list.*", "matrix.list.*.x", "(needs.*).result",
    "(needs.*.result)[0]", "needs.*.result[0]", "github.missing.*", "github.missing.*.x", "matrix.*[1]",
    "contains(needs.*.result, 'failure')", "contains(needs.*.result, 'cancelled')", "join(needs.*.result)",
    "join(needs.*.result, ' + ')", "toJSON(needs.*.result)", "contains(github.event.commits.*.id, 'B2')",
    "needs.*.result == needs.*.result", "github.event.commits.*.files[*]", "needs.*['result']",
    "needs.*[nothing]",
]
CALLS = [
    "contains('Hello', 'ELL')", "contains('abc', '')", "contains('', 'a')", "contains(123, 2)",
    "contains(null, '')", "contains(true, 'ru')", "contains(matrix.list, 2)", "contains(matrix.list, '1')",
    "contains(matrix.list, 0)", "contains(nothing, null)", "contains(empty, 'a')", "contains('a', nothing)",
    "contains('Array', nothing)", "contains(matrix.list, null)", "contains(matrix.list, nothing)",
    "contains('é', 'É')", "CONTAINS('a', 'A')", "startsWith('Hello', 'he')", "startsWith('Hello', 'lo')",
    "startsWith(123, 1)", "startsWith('', '')", "startsWith(null, '')", "startsWith(nothing, '')",
    "startsWith('a', empty)", "startsWith(true, 'T')", "startsWith(github.ref, 'refs/tags/')",
    "endsWith('Hello', 'LO')", "endsWith('Hello', 'he')", "endsWith(1.5, .5)", "endsWith(nothing, 'y')",
    "endsWith('a', nothing)", "endsWith('', null)", "endswith('ab', 'b')", "format('a')",
    "format('{0}', 'x')", "format('{0}-{1}-{0}', 1, true)", "format('{{0}}', 1)", "format('{{{0}}}', 1)",
    "format('}}{{')", "format('{0}', nothing)", "format('{0}', empty)", "format('{0}', null)",
    "format('{00}', 'x')", "format(1.5)", "format(null)", "format('')", "format('{0}', 3.10)",
    "format('{0}{1}', 'a', 'b', 'c')", "format('{0}', '{1}')", "format('it''s {0}', 'ok')",
    "format('{10}', 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 'ten')", "join('a')", "join('a', 'b')", "join(nothing)",
    "join(nothing, 'x')", "join(matrix.list)", "join(matrix.list, '')", "join(matrix.list, nothing)",
    "join(matrix.list, null)", "join(matrix.list, 0)", "join(null)", "join(1.50)", "join(true)",
    "join(empty)", "join(fromJSON('[[1],{}]'), ';')", "join(fromJSON('[\"a\"]'), '-')", "toJSON(null)",
    "toJSON(true)", "toJSON(1.5)", "toJSON('a\"b\\c')", "toJSON(nothing)", "toJSON(empty)", "toJSON(needs)",
    "toJSON(matrix)", "toJSON(github.event)", "toJSON('é\t')", "tojson(inputs)",
    "toJSON(fromJSON('[[],{},[{}],[[1]]]'))", "toJSON(-0)", "fromJSON('null')", "fromJSON('true')",
    "fromJSON('1')", "fromJSON('1.5e2')", "fromJSON('-0')", "fromJSON(' 1 ')", "fromJSON('\"a\"')",
    "fromJSON('[1,\"a\",null,true]')", "fromJSON('{\"a\":{\"b\":[1]}}')", "fromJSON(true)", "fromJSON(1)",
    "fromJSON('{\"A\":1,\"a\":2}')", "fromJSON('{\"A\":1,\"a\":2}').a", "fromJSON('[]') == fromJSON('[]')",
    "fromJSON('\"\\u00e9\"')", "fromJSON('\"a\\nb\"')", "fromJSON(toJSON(needs)).build.result",
    "fromJSON(toJSON(matrix)).list[1]", "fromJSON('{}').x", "fromJSON('{\"x y\": 1}')['X Y']",
    "case(true, 1, 2)", "case(false, 1, 2)", "case(false, 1, true, 2, 3)",
    "case(1 == 2, 'a', 2 == 2, 'b', 'c')", "case(false, 1, false, 2, nothing)", "Case(!0, 'x', 'y')",
    "github == github", "nothing == nothing", "empty == nothing", "github.event == github.event",
    "needs != needs", "nothing && 'truthy'", "empty && 'truthy'", "github > github",
    "nothing < 1", "'Array' == nothing", "success()", "failure()", "cancelled()", "always()",
    "Success() && 'x'", "!cancelled()", "success('build', 'test')", "failure() || always()",
    "success() == true",
]
SYNTAX_ERRORS = [
    "1 +", "1 + 1", "1 - 1", "1-1", "a", "github.", "github..ref", "github.1", "github.'a'", "github.*.",
    "github[", "github[]", "github['ref'", "github]", "(1", "1)", "()", "(", ")", "[1]", "[", "]", ",", "1,2",
    ".", "*", "github.**", "github*", "github[*", "github.ref(", "github('a')", "foo()", "foo", "TRUE",
    "False", "NULL", "nan", "infinity", '"a"', "'a", "'", "'a''", "'a' 'b'", "1 2", "1x", "0x", "0xg", "0o8",
    "1.2.3", "1e", "--1", "+", "-", "= 1", "1 = 1", "1 === 1", "1 & 1", "1 | 1", "&& 1", "1 &&", "1 ||",
    "|| 1", "== 1", "1 ==", "1 !", "!", "! ", "1 ! 2", "1 !== 1", "1 =! 1", "1 => 1", "1 <> 1", "1 < > 1",
    "true.x", "null.x", "'a'.x", "'a'[0]", "1[0]", "1.x", "true[0]", "_x", "a-b", "$x", "@", "#", "%", "^",
    "~", "?", ":", ";", "{", "}", "\\", "`", "github.-ref", "github.ref.2x", "é", "contains()",
    "contains('a')", "contains('a', 'b', 'c')", "contains('a' 'b')", "contains('a', )contains",
    "contains(, 'a')", "contains('a',, 'b')", "contains('a', 'b'", "contains('a', 'b'))", "contains ['a']",
    "contains", "startsWith('a')", "endsWith()", "format()", "join()", "join(1, 2, 3)", "toJSON()",
    "toJSON(1, 2)", "fromJSON()", "case()", "case(true)", "case(true, 1)", "case(true, 1, 2, 3)",
    "hashFiles('a')", "success", "always(", "success(,)", "github.ref github.ref", "true false", "(1)(2)",
    "contains('a','b')('c')", "github.ref'x'", "1'x'", "github . ", "${{ 1 }}", "1 }}", "&", "|", "=", "&&&",
    "1 && && 2", "(1 == 1", "1 == (", "!(", "github[1 2]", "github['a']['b'",
]
EVALUATION_ERRORS = [
    "fromJSON('')", "fromJSON(' ')", "fromJSON('a')", "fromJSON('{')", "fromJSON('[1,]')",
    "fromJSON('{\"a\":}')", "fromJSON('{a:1}')", "fromJSON('''a''')", "fromJSON('1 2')", "fromJSON('NaN')",
    "fromJSON('Infinity')", "fromJSON('-Infinity')", "fromJSON('01')", "fromJSON('+1')", "fromJSON('.5')",
    "fromJSON('1.')", "fromJSON('tru')", "fromJSON(null)", "fromJSON(nothing)", "fromJSON(empty)",
    "fromJSON('\"\t\"')", "fromJSON('// x')", "fromJSON(NaN)", "format('{0}')", "format('{1}', 'a')",
    "format('{')", "format('}')", "format('{}', 1)", "format('{a}', 1)", "format('{-1}', 1)",
    "format('{0', 1)", "format('0}', 1)", "format('{ 0}', 1)", "format('{{0}', 1)", "case(1, 2, 3)",
    "case('true', 2, 3)", "case(null, 2, 3)", "case(false, 1, 'x', 2, 3)", "case(nothing, 1, 2)",
]
# fmt: on
