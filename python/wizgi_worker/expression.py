"""What may stand after the colon of a target beside names: calls with literal arguments."""
import ast

from .target import TargetError, attribute

EXPECTED = (
    "expected NAME, NAME.ATTRIBUTE or a call with literals, "
    'as in make("production", debug=False)'
)


def evaluate_call(module, text, place):
    """Raises TargetError; what the called function raises passes."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError) as error:
        raise TargetError(f"{place}:{text} cannot be read; {EXPECTED}") from error
    return _value(node, module, place, text)


def _value(node, module, place, text):
    if isinstance(node, ast.Name):
        return attribute(module, node.id, place)
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, module, place, text)
        return attribute(owner, node.attr, f"{place}:{ast.unparse(node.value)}")
    if isinstance(node, ast.Call):
        return _call(node, module, place, text)
    raise TargetError(f"{place}:{text} is no name and no call; {EXPECTED}")


def _call(node, module, place, text):
    function = _value(node.func, module, place, text)
    try:
        arguments = [ast.literal_eval(argument) for argument in node.args]
        named = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords}
        if None in named:
            raise ValueError("** in a call")
    except ValueError as error:
        message = f"{place}:{text} has an argument that is no literal; {EXPECTED}"
        raise TargetError(message) from error
    try:
        return function(*arguments, **named)
    except TypeError as error:
        # Raised by the call itself, not within the function: the arguments do not fit.
        if error.__traceback__.tb_next is not None:
            raise
        raise TargetError(f"{place}:{text} cannot be called like this: {error}") from error
